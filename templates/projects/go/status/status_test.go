package status

import (
	"strings"
	"testing"
	"testing/fstest"
)

func proc(meminfo string) fstest.MapFS {
	return fstest.MapFS{
		"uptime":  {Data: []byte("3600.42 7000.00\n")},
		"loadavg": {Data: []byte("0.25 0.10 0.05 1/99 1234\n")},
		"meminfo": {Data: []byte(meminfo)},
	}
}

func TestPage(t *testing.T) {
	s, err := Read(proc("MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"up 3600 s", "load 0.25, 512 MiB of memory left"} {
		if !strings.Contains(s.Page(), want) {
			t.Errorf("no %q in %q", want, s.Page())
		}
	}
}

func TestOldKernel(t *testing.T) {
	if _, err := Read(proc("MemTotal: 1024000 kB\n")); err == nil {
		t.Error("no error without MemAvailable")
	}
}
