package api

import (
	"encoding"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"
)

// documentPath is where the interface describes itself.
const documentPath = "openapi.json"

// object is a JSON object of the document.
type object = map[string]any

// document is the OpenAPI document, made of the table of operations and the
// types of their answers (OpenAPI 3.1, whose schemas are JSON Schema 2020-12).
func document() (json.RawMessage, error) {
	s := &schemas{named: object{}, names: map[reflect.Type]string{}, taken: map[string]bool{}}
	failure := s.of(reflect.TypeOf(Failure{}))
	paths := object{}
	for _, o := range operations() {
		path, _ := paths["/"+o.path].(object)
		if path == nil {
			path = object{}
			paths["/"+o.path] = path
		}
		path[strings.ToLower(o.method)] = s.operation(o, failure)
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Assay",
			"version":     "1",
			"description": "What the pages show and the commands do. Reading needs what reading packages needs; everything else needs an administrator's token. Errors have one form, and say what to do.",
		},
		"servers":  []any{object{"url": strings.TrimSuffix(Prefix, "/")}},
		"paths":    paths,
		"security": []any{object{}, object{"token": []any{}}},
		"components": object{
			"schemas":         s.named,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "a token that 'assay token create' made"}},
		},
	})
}

// described keeps the document once it was asked for.
var described struct {
	sync.Once
	text json.RawMessage
	err  error
}

func describe(*Handler, *http.Request, string) (any, error) {
	described.Do(func() { described.text, described.err = document() })
	return described.text, described.err
}

func (s *schemas) operation(o operation, failure object) object {
	kind, answer := "application/json", s.of(reflect.TypeOf(o.answer))
	if o.streams {
		kind = "application/x-ndjson"
		answer = object{
			"description": "One object a line: progress, and last the result or a failure.",
			"type":        "object",
			"properties":  object{"progress": s.of(reflect.TypeOf(streamProgress{})), "result": answer, "failure": failure},
		}
	}
	out := object{
		"operationId": strings.ToLower(o.method) + "-" + strings.NewReplacer("/", "-", "{", "", "}", "", ".", "-").Replace(o.path),
		"summary":     o.does,
		"responses": object{
			"200":     object{"description": "Done.", "content": object{kind: object{"schema": answer}}},
			"default": object{"description": "Refused or failed, and why.", "content": object{"application/json": object{"schema": failure}}},
		},
	}
	if !o.open {
		out["security"] = []any{object{"token": []any{}}}
		out["description"] = "For administrators."
		if o.known {
			out["description"] = "For whoever has a token; what is listed is the asker's own, and everybody's for administrators."
		}
	}
	var parameters []any
	if _, variable, ok := strings.Cut(o.path, "{"); ok {
		parameters = append(parameters, object{"name": strings.TrimSuffix(variable, "}"), "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, a := range o.query {
		typ := "string"
		if a.number {
			typ = "integer"
		}
		parameters = append(parameters, object{"name": a.name, "in": "query", "required": a.required, "description": a.meaning, "schema": object{"type": typ}})
	}
	if parameters != nil {
		out["parameters"] = parameters
	}
	switch {
	case o.upload:
		out["requestBody"] = object{"required": true, "content": object{uploadType: object{"schema": object{"type": "string", "format": "binary"}}}}
	case o.body != nil:
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": s.of(reflect.TypeOf(o.body))}}}
	}
	return out
}

// schemas makes schemas of Go types as encoding/json writes them.
type schemas struct {
	named object
	names map[reflect.Type]string
	taken map[string]bool
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
)

func (s *schemas) of(t reflect.Type) object {
	switch {
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == rawType:
		return object{}
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem())
	case t.Implements(textType) || reflect.PointerTo(t).Implements(textType):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Slice, reflect.Array:
		return object{"type": []any{"array", "null"}, "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": []any{"object", "null"}, "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return object{"$ref": "#/components/schemas/" + s.structure(t)}
	}
	return object{}
}

// structure names the schema of a struct, and makes it at the first mention.
func (s *schemas) structure(t reflect.Type) string {
	if name, ok := s.names[t]; ok {
		return name
	}
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	for s.taken[name] {
		name += "Of" + strings.ToUpper(t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:][:1]) + t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+2:]
	}
	s.taken[name], s.names[t] = true, name
	properties, required := object{}, []any{}
	s.fields(t, properties, &required)
	schema := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		schema["required"] = required
	}
	s.named[name] = schema
	return name
}

func (s *schemas) fields(t reflect.Type, properties object, required *[]any) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			s.fields(f.Type, properties, required) // its members are ours
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = s.of(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, name)
		}
	}
}
