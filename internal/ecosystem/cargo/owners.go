package cargo

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// user is an owner in Cargo's web API. Cargo prints login and name, and the
// number means nothing to it.
type user struct {
	ID    int    `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name,omitempty"`
}

// owners lists who may publish a hosted crate: tokens, by their ids.
func (h *handler) owners(w http.ResponseWriter, r *http.Request, crate string) {
	name, err := wire.Name(crate)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if h.publisher == nil || h.ownership == nil || !h.publisher.Claimed(name) {
		h.refuse(w, r, assay.Errorf(assay.NotFound, "%s is not published here, and who owns it elsewhere is not known here", name), assay.Coordinate{})
		return
	}
	all, err := h.ownership.Owners(r.Context(), name)
	if err != nil {
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	users := make([]user, len(all))
	for i, o := range all {
		users[i] = user{ID: i + 1, Login: o.ID, Name: o.Note}
	}
	writeJSON(w, r, name, map[string][]user{"users": users})
}

// maxOwners bounds how many owners one request changes.
const maxOwners = 100

// setOwners lets tokens publish a crate, or takes that away. A failure in the
// middle leaves what was done before it; the same command again does the rest.
func (h *handler) setOwners(w http.ResponseWriter, r *http.Request, name string) {
	if h.ownership == nil {
		notAllowed(w, r, reading, "owners are not kept here: what a token may do is changed with assay token")
		return
	}
	ids, err := readOwners(http.MaxBytesReader(w, r.Body, h.limits.change))
	add := r.Method == http.MethodPut
	for _, id := range ids {
		if err == nil {
			err = h.ownership.SetOwner(r.Context(), name, id, add)
		}
	}
	if err != nil {
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	// Cargo demands the sentence, though it prints it only for who is added.
	said := " may no longer publish "
	if add {
		said = " may publish "
	}
	answer := map[string]any{"ok": true, "msg": strings.Join(ids, ", ") + said + name + " from now on"}
	writeJSON(w, r, name, answer)
}

func readOwners(body io.Reader) ([]string, error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, bodyError(err)
	}
	var asked struct {
		Users []string `json:"users"`
	}
	if err := json.Unmarshal(raw, &asked); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "owners are sent as a JSON object with a list of users")
	}
	if len(asked.Users) == 0 || len(asked.Users) > maxOwners {
		return nil, assay.Errorf(assay.Invalid, "name between 1 and %d owners, by the ids that assay tokens shows", maxOwners)
	}
	return asked.Users, nil
}
