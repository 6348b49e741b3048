// A release that is worse than the one it is made of: the tests of the delivery lay this over a service's image.
//
//	worse --in NAMESPACE --path PATH [--late 3s] [--answer TEXT [--of 3]] PROGRAM [ARGUMENT]...
//
// It starts the program on another port and passes requests on to it. In that namespace what is asked of PATH is passed on late, or one of so many requests
// is answered 200 with TEXT and nobody else hears of it. Everywhere else it is the program, so that a trial can pass and production not.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const inner = "5999"

func main() {
	in := flag.String("in", "", "the namespace in which it is worse")
	path := flag.String("path", "", "of the requests that fare worse")
	late := flag.Duration("late", 0, "how long they are held back")
	answer := flag.String("answer", "", "what they are answered instead")
	of := flag.Uint64("of", 1, "one of so many")
	flag.Parse()

	names, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		log.Fatal(err)
	}
	worse := strings.Contains(string(names), " "+*in+".svc.")

	program := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	outer := os.Getenv("VIGIL_PORT")
	program.Env = append(os.Environ(), "VIGIL_PORT="+inner)
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	if err := program.Start(); err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for one := range signals {
			_ = program.Process.Signal(one)
		}
	}()

	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:" + inner})
	pass.FlushInterval = -1
	var asked atomic.Uint64
	go func() {
		log.Fatal(http.ListenAndServe(":"+outer, http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
			if worse && request.URL.Path == *path {
				time.Sleep(*late)
				if *answer != "" && asked.Add(1)%*of == 0 {
					_, _ = io.Copy(io.Discard, request.Body)
					out.Header().Set("Content-Type", "application/json")
					_, _ = io.WriteString(out, *answer)
					return
				}
			}
			pass.ServeHTTP(out, request)
		})))
	}()
	if err := program.Wait(); err != nil {
		log.Print(err)
	}
	os.Exit(program.ProcessState.ExitCode())
}
