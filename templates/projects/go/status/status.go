// Package status tells how the board does.
package status

import (
	"bufio"
	"fmt"
	"io/fs"
	"strings"
)

// Status is the state of the board.
type Status struct {
	Uptime       float64 // seconds
	Load         float64
	AvailableMiB int // memory that programs could still get
}

// Read takes it from files of the form of those in /proc.
func Read(proc fs.FS) (Status, error) {
	var s Status

	if err := readNumber(proc, "uptime", &s.Uptime); err != nil {
		return s, err
	}
	if err := readNumber(proc, "loadavg", &s.Load); err != nil {
		return s, err
	}
	return s, readAvailable(proc, &s.AvailableMiB)
}

func readNumber(proc fs.FS, name string, number *float64) error {
	text, err := fs.ReadFile(proc, name)
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(string(text), number); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func readAvailable(proc fs.FS, mib *int) error {
	file, err := proc.Open("meminfo")
	if err != nil {
		return err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, rest, _ := strings.Cut(lines.Text(), ":"); name == "MemAvailable" {
			_, err := fmt.Sscan(rest, mib)
			*mib /= 1024
			return err
		}
	}
	return fmt.Errorf("meminfo has no MemAvailable")
}

// Page is the state as HTML.
func (s Status) Page() string {
	return fmt.Sprintf("<!doctype html><meta http-equiv=\"refresh\" content=\"5\"><title>Board</title>\n"+
		"<h1>up %.0f s</h1>\n<p>load %.2f, %d MiB of memory left</p>\n", s.Uptime, s.Load, s.AvailableMiB)
}
