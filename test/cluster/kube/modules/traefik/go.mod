// Names the version and, beside it in go.sum, what its files must be. The module's own go.sum pins all the rest. build compiles a copy.
module traefik

go 1.26.4

require github.com/traefik/traefik/v3 v3.7.13
