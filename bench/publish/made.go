package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

// publishDocument is what npm sends to publish a small package.
func publishDocument(name, version string) ([]byte, error) {
	manifest := map[string]any{"name": name, "version": version, "main": "index.js", "license": "Apache-2.0"}
	text, err := json.Marshal(manifest)
	if err != nil {
		return nil, err
	}
	tarball, err := pack(map[string]string{"package/package.json": string(text), "package/index.js": "module.exports = '" + name + "@" + version + "'\n"})
	if err != nil {
		return nil, err
	}
	strong, weak := sha512.Sum512(tarball), sha1.Sum(tarball)
	file := name + "-" + version + ".tgz"
	manifest["_id"] = name + "@" + version
	manifest["dist"] = map[string]any{
		"integrity": "sha512-" + base64.StdEncoding.EncodeToString(strong[:]), "shasum": hex.EncodeToString(weak[:]),
		"tarball": "http://127.0.0.1/" + name + "/-/" + file,
	}
	return json.Marshal(map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]string{"latest": version},
		"versions": map[string]any{version: manifest},
		"_attachments": map[string]any{file: map[string]any{
			"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(tarball), "length": len(tarball),
		}},
	})
}

func pack(files map[string]string) ([]byte, error) {
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			return nil, err
		}
		if _, err := io.WriteString(archive, content); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// fill appends events as they come about when packages are pulled through.
func fill(ctx context.Context, file string, events int) (err error) {
	database, err := sqlite.Open(ctx, file, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	const batch = 2000
	for from := 0; from < events; from += batch {
		err := database.Update(ctx, func(tx store.Tx) error {
			for i := from; i < min(from+batch, events); i++ {
				at := assay.Coordinate{Ecosystem: assay.NPM, Name: fmt.Sprintf("kettle-%d", i/20), Version: fmt.Sprintf("1.0.%d", i%20)}
				body := fmt.Appendf(nil, `{"note":"made for a benchmark","number":%d}`, i)
				if err := tx.AppendEvent(ctx, assay.Event{Time: time.Now().UTC(), Kind: assay.EventStatusChanged, Subject: at, Body: body}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
