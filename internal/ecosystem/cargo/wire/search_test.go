package wire

import (
	"encoding/json"
	"reflect"
	"testing"

	"assay.invalid/internal/assay"
)

func TestSearch(t *testing.T) {
	theirs, err := ReadSearch([]byte(`{"crates":[{"name":"kettle","max_version":"1.0.0","description":null,"downloads":7},` +
		`{"name":"../x","max_version":"1.0.0"},{"name":"lid","max_version":"1/2"},{"name":"Vault","max_version":"2.0.0","description":"theirs"}],"meta":{"total":40}}`))
	if err != nil {
		t.Fatal(err)
	}
	merged := Merge([]Hit{{"vault", "1.0.0", "ours"}}, theirs, 10, func(name string) bool { return name == "vault" })
	want := Results{Hits: []Hit{{"vault", "1.0.0", "ours"}, {"kettle", "1.0.0", ""}}, Total: 40}
	if !reflect.DeepEqual(merged, want) {
		t.Errorf("merged as %+v, want %+v", merged, want)
	}
	if one := Merge(want.Hits, Results{}, 1, func(string) bool { return false }); len(one.Hits) != 1 || one.Total != 2 {
		t.Errorf("one of two is %+v", one)
	}
	if again, err := ReadSearch(merged.Encode()); err != nil || !reflect.DeepEqual(again, merged) {
		t.Errorf("%s is read back as %+v, %v", merged.Encode(), again, err)
	}
	if text := string(Results{}.Encode()); text != `{"crates":[],"meta":{"total":0}}` {
		t.Errorf("no results are written %s", text)
	}
}

func FuzzSearch(f *testing.F) {
	f.Add([]byte(`{"crates":[{"name":"kettle","max_version":"1.0.0","description":"x"}],"meta":{"total":1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ReadSearch(raw)
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("%v is not of kind Unsound", err)
			}
			return
		}
		if !json.Valid(r.Encode()) {
			t.Fatalf("%q is written %q", raw, r.Encode())
		}
	})
}
