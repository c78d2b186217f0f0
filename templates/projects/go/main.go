// Serves a page with the state of the board. With -healthy: is another one of us doing so?
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"{{ module }}/status"
)

func port() string {
	if port := os.Getenv("PORT"); port != "" {
		return port
	}
	return "{{ port }}"
}

func healthy() error {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get("http://127.0.0.1:" + port() + "/")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

func page(w http.ResponseWriter, _ *http.Request) {
	s, err := status.Read(os.DirFS("/proc"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, s.Page())
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server := http.Server{Addr: ":" + port(), Handler: http.HandlerFunc(page), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		log.Print("stopping")
		server.Shutdown(context.Background())
	}()
	log.Printf("the page is at port %s", port())
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func main() {
	check := flag.Bool("healthy", false, "is the page served?")
	flag.Parse()
	run := serve
	if *check {
		run = healthy
	}
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
