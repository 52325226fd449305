// Reads and writes YAML with sigs.k8s.io/yaml: cases as a JSON array on stdin, results as a JSON array on stdout.
// `read` turns YAML into JSON as every Kubernetes client does; `write` turns JSON into YAML.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"sigs.k8s.io/yaml"
)

// Bytes travel as base64: a text may be no valid UTF-8.
type testCase struct {
	Op   string `json:"op"`
	Text []byte `json:"text"`
}

type result struct {
	Output []byte `json:"output,omitempty"`
	Error  string `json:"error,omitempty"`
}

func run(c testCase) (r result) {
	defer func() {
		if p := recover(); p != nil {
			r = result{Error: "panic: " + fmt.Sprint(p)}
		}
	}()
	convert := yaml.YAMLToJSON
	if c.Op == "write" {
		convert = yaml.JSONToYAML
	}
	out, err := convert(c.Text)
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{Output: out}
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
		case <-time.After(5 * time.Second): // it dies with the process
			results[i] = result{Error: "timeout"}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"go": runtime.Version(), "results": results}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
