package badregistry

// reservedNPM are modules of the runtime, paths of the server, and names under
// which malware was once spread.
var reservedNPM = []string{
	"assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "dns", "domain",
	"events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode",
	"querystring", "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls", "tty", "url", "util", "v8", "vm",
	"wasi", "worker_threads", "zlib", "node_modules", "favicon.ico", "robots.txt", "npm", "node", "crossenv", "-",
}

// reservedPyPI, reservedCargo and reservedMaven are the like: modules of the
// language, the server's own paths, and names under which malware was spread.
var (
	reservedPyPI = []string{
		"os", "sys", "json", "re", "asyncio", "typing", "logging", "socket", "subprocess", "email", "http", "urllib",
		"requirements-txt", "requirements.txt", "simple", "legacy", "pypi", "pip", "setuptools", "colourama", "jeilyfish",
	}
	reservedCargo = []string{
		"std", "core", "alloc", "test", "proc-macro", "proc_macro", "crate", "self", "super", "nul", "con", "aux", "prn",
		"config", "api", "dl", "rustdecimal",
	}
	// A path of the layout would stand where an artifact's folder does.
	reservedMaven = []string{"/maven-metadata.xml", "/archetype-catalog.xml", "org.fasterxml.jackson.core/jackson-databind"}
)

var popularNPM = []string{
	"lodash", "react", "react-dom", "express", "axios", "chalk", "commander", "moment", "request", "debug", "async", "webpack",
	"typescript", "eslint", "prettier", "underscore", "jquery", "angular", "vue", "redux", "bluebird", "mongoose", "minimist",
	"cross-env", "node-fetch", "body-parser", "socket.io", "left-pad", "event-stream", "ua-parser-js", "color-convert", "colors",
	"uuid", "dotenv", "yargs", "rimraf", "glob", "semver", "babel-core", "@babel/core", "@types/node", "@angular/core", "discord.js",
	"electron", "next", "nodemailer", "puppeteer", "rxjs", "tslib", "inquirer", "classnames", "prop-types", "fs-extra", "mkdirp",
}

var popularGolang = []string{
	"github.com/google/uuid", "github.com/gorilla/mux", "github.com/stretchr/testify", "github.com/sirupsen/logrus",
	"github.com/spf13/cobra", "github.com/spf13/viper", "github.com/pkg/errors", "github.com/gin-gonic/gin", "golang.org/x/text",
	"golang.org/x/net", "golang.org/x/crypto", "golang.org/x/sys", "golang.org/x/sync", "golang.org/x/tools", "golang.org/x/mod",
	"gopkg.in/yaml.v3", "gopkg.in/yaml.v2", "go.uber.org/zap", "google.golang.org/grpc", "google.golang.org/protobuf",
	"rsc.io/quote", "github.com/boltdb/bolt", "github.com/prometheus/client_golang", "github.com/aws/aws-sdk-go", "github.com/redis/go-redis",
	"github.com/hashicorp/consul", "github.com/docker/docker", "github.com/kubernetes/kubernetes", "k8s.io/client-go", "k8s.io/api",
}

var popularPyPI = []string{
	"requests", "urllib3", "numpy", "pandas", "setuptools", "django", "flask", "boto3", "botocore", "certifi", "idna", "six",
	"python-dateutil", "charset-normalizer", "cryptography", "matplotlib", "scipy", "tensorflow", "beautifulsoup4", "colorama",
	"jellyfish", "pyyaml", "jinja2", "pytest", "click", "pillow", "sqlalchemy", "pydantic", "selenium", "ctx",
}

var popularCargo = []string{
	"serde", "serde_json", "rand", "tokio", "clap", "syn", "quote", "libc", "log", "regex", "itoa", "cfg-if", "semver",
	"lazy_static", "once_cell", "hyper", "reqwest", "rust_decimal", "proc-macro2", "base64", "chrono", "anyhow", "thiserror",
}

var popularMaven = []string{
	"junit/junit", "org.slf4j/slf4j-api", "com.google.guava/guava", "commons-io/commons-io", "org.apache.commons/commons-lang3",
	"com.fasterxml.jackson.core/jackson-databind", "ch.qos.logback/logback-classic", "org.apache.logging.log4j/log4j-core",
	"org.springframework/spring-core", "org.mockito/mockito-core", "com.google.code.gson/gson", "org.projectlombok/lombok",
}
