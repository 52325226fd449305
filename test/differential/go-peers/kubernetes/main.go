// Does to Kubernetes objects what apimachinery does: cases as a JSON array on stdin, results as a JSON array on stdout.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type testCase struct {
	// merge, roundtrip, decode, quantity, select or split.
	Op string `json:"op"`
	// The struct's name, for roundtrip and decode.
	Type string `json:"type"`
	// JSON text of the first argument, or plain text.
	A string `json:"a"`
	// JSON text of the second argument.
	B string `json:"b"`
}

type result struct {
	Output string `json:"output,omitempty"`
	Error  string `json:"error,omitempty"`
}

func newObject(kind string) any {
	switch kind {
	case "Deployment":
		return &appsv1.Deployment{}
	case "StatefulSet":
		return &appsv1.StatefulSet{}
	case "DaemonSet":
		return &appsv1.DaemonSet{}
	case "ReplicaSet":
		return &appsv1.ReplicaSet{}
	case "Job":
		return &batchv1.Job{}
	case "CronJob":
		return &batchv1.CronJob{}
	case "ReplicationController":
		return &corev1.ReplicationController{}
	default:
		return &corev1.Pod{}
	}
}

func run(c testCase) (out string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch c.Op {
	case "merge":
		merged, err := strategicpatch.StrategicMergePatch([]byte(c.A), []byte(c.B), corev1.Pod{})
		return string(merged), err
	case "roundtrip":
		object := newObject(c.Type)
		if err := json.Unmarshal([]byte(c.A), object); err != nil {
			return "", err
		}
		text, err := json.Marshal(object)
		return string(text), err
	case "decode":
		object := newObject(c.Type)
		if err := yaml.Unmarshal([]byte(c.A), object); err != nil {
			return "", err
		}
		text, err := yaml.Marshal(object)
		return string(text), err
	case "quantity":
		var quantity resource.Quantity
		if err := json.Unmarshal([]byte(c.A), &quantity); err != nil {
			return "", err
		}
		text, err := json.Marshal(quantity)
		return string(text), err
	case "select":
		var selector metav1.LabelSelector
		var set labels.Set
		if err := json.Unmarshal([]byte(c.A), &selector); err != nil {
			return "", err
		}
		if err := json.Unmarshal([]byte(c.B), &set); err != nil {
			return "", err
		}
		s, err := metav1.LabelSelectorAsSelector(&selector)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(s.Matches(set)), nil
	case "split":
		reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader([]byte(c.A))))
		documents := []string{}
		for {
			document, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return "", err
			}
			documents = append(documents, string(document))
		}
		text, err := json.Marshal(documents)
		return string(text), err
	}
	return "", fmt.Errorf("no operation %q", c.Op)
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results := make([]result, len(cases))
	for i, c := range cases {
		out, err := run(c)
		if err != nil {
			results[i] = result{Error: err.Error()}
		} else {
			results[i] = result{Output: out}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"go": runtime.Version(), "results": results}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
