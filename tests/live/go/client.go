// A client of Go's own TLS and HTTP: asks once for a document and once for a stream, on one connection, and prints what
// it saw as one JSON line. `go run client.go URL KEY ROOT.pem VERSION BODY STREAM_BODY`, VERSION 1.2 or 1.3.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"time"
)

type answer struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Tls    string `json:"tls"`
	Alpn   string `json:"alpn"`
	Reused bool   `json:"reused"`
}

func ask(client *http.Client, url, key, body string) (answer, error) {
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "POST", url,
		strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	state := response.TLS
	return answer{response.StatusCode, string(text), tls.VersionName(state.Version), state.NegotiatedProtocol, reused}, nil
}

func main() {
	url, key, root, version := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	pem, err := os.ReadFile(root)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		fmt.Fprintln(os.Stderr, "no root:", err)
		os.Exit(1)
	}
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
	if version == "1.3" {
		config.MinVersion, config.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
	var seen []answer
	for _, body := range os.Args[5:] {
		one, err := ask(client, url, key, body)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		seen = append(seen, one)
	}
	json.NewEncoder(os.Stdout).Encode(seen)
}
