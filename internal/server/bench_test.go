package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkWarm answers 1 KB from memory over keep-alive connections, once
// with net/http alone and once through everything this package puts around
// it. The two are compared within one run.
func BenchmarkWarm(b *testing.B) {
	body := make([]byte, 1024)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Length", "1024")
		w.Write(body)
	})
	b.Run("bare", func(b *testing.B) {
		s := httptest.NewServer(http.StripPrefix("/npm", handler))
		defer s.Close()
		load(b, s.Listener.Addr().String())
	})
	b.Run("server", func(b *testing.B) {
		s, err := New(Config{InstanceID: "i", Control: &fakeControl{}, Places: map[string]http.Handler{"npm": handler}})
		if err != nil {
			b.Fatal(err)
		}
		ln, err := Listen(b.Context(), "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, ln) }()
		load(b, ln.Addr().String())
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
}

// load asks over raw connections, so that the client costs little.
func load(b *testing.B, addr string) {
	b.ReportAllocs()
	request := []byte("GET /npm/lodash/-/lodash-4.17.21.tgz HTTP/1.1\r\nHost: " + addr + "\r\n\r\n")
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		answer := make([]byte, 4096)
		size := 0
		for pb.Next() {
			if _, err := c.Write(request); err != nil {
				b.Error(err)
				return
			}
			// The first answer tells how long each is.
			if size == 0 {
				n, err := c.Read(answer)
				if err != nil {
					b.Error(err)
					return
				}
				size = n
				continue
			}
			if _, err := io.ReadFull(c, answer[:size]); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
