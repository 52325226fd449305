// Runs templates with Go's text/template: cases as a JSON array on stdin, results as a JSON array on stdout.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"text/template"
	"time"
)

type testCase struct {
	Template   string `json:"template"`
	Left       string `json:"left"`
	Right      string `json:"right"`
	MissingKey string `json:"missingKey"`
	Data       any    `json:"data"`
}

// Bytes travel as base64: output may be no valid UTF-8.
type result struct {
	Phase   string `json:"phase"`
	Output  []byte `json:"output,omitempty"`
	Message []byte `json:"message,omitempty"`
}

func run(c testCase) (r result) {
	defer func() {
		if p := recover(); p != nil {
			r = result{Phase: "panic", Message: []byte(fmt.Sprint(p))}
		}
	}()
	t, err := template.New("t").Delims(c.Left, c.Right).Option("missingkey=" + c.MissingKey).Parse(c.Template)
	if err != nil {
		return result{Phase: "parse", Message: []byte(err.Error())}
	}
	var out bytes.Buffer
	if err := t.Execute(&out, c.Data); err != nil {
		return result{Phase: "exec", Message: []byte(err.Error())}
	}
	return result{Phase: "done", Output: out.Bytes()}
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results := make([]result, len(cases))
	for i, c := range cases {
		done := make(chan result, 1)
		go func() { done <- run(c) }()
		select {
		case results[i] = <-done:
		case <-time.After(time.Second): // a range over a huge number, say; it dies with the process
			results[i] = result{Phase: "timeout"}
		}
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"go": runtime.Version(), "results": results})
}
