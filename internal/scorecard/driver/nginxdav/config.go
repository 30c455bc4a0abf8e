package nginxdav

import (
	"fmt"
	"strings"

	"assay.invalid/internal/assay"
)

// ready is the path that answers when it listens.
const ready = "-/ready"

// configure writes the whole configuration. Paths stand in quotes, in which
// nginx gives a meaning to these letters alone.
func configure(listen, folder, passwords string, root bool) (string, error) {
	if strings.ContainsAny(folder+passwords, "\"\\$\n") {
		return "", assay.Errorf(assay.Invalid, "nginx cannot be told of the temporary folder %q: set TMPDIR to one without quotes, backslashes and dollar signs", folder)
	}
	user := ""
	if root {
		// It would give up its rights and could then not read the folder.
		user = "user root;\n"
	}
	return fmt.Sprintf(`%[1]sdaemon off;
worker_processes 1;
error_log stderr warn;
pid "%[2]s/nginx.pid";
events { worker_connections 256; }
http {
	access_log off;
	default_type application/octet-stream;
	client_body_temp_path "%[2]s/body";
	proxy_temp_path "%[2]s/proxy";
	fastcgi_temp_path "%[2]s/fastcgi";
	uwsgi_temp_path "%[2]s/uwsgi";
	scgi_temp_path "%[2]s/scgi";
	client_max_body_size 100m;
	types {
		text/xml xml pom;
		application/java-archive jar;
		text/plain md5 sha1 sha256 sha512;
	}
	server {
		listen %[3]s;
		root "%[2]s/repository";
		location = /%[4]s { return 200 "ready\n"; }
		location / {
			dav_methods PUT DELETE;
			create_full_put_path on;
			dav_access user:rw;
			limit_except GET HEAD {
				auth_basic "repository";
				auth_basic_user_file "%[5]s";
			}
		}
	}
}
`, user, folder, listen, ready, passwords), nil
}
