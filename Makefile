# muster. `make` builds the programs and the client library, `make test` tests them, and
# `make help` lists the other targets.

VERSION  := 0.1.0
REVISION ?= 1
BUILD    ?= build

# Where `make install` puts things. With PREFIX=/usr the configuration goes to /etc.
PREFIX     ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DOCDIR     ?= $(PREFIX)/share/doc/muster

# Debian packages: what the build and the tests need, and what single targets need besides.
PACKAGES         := build-essential pkg-config libevent-dev libhiredis-dev libjansson-dev libcmocka-dev \
                    libssl-dev libcurl4-openssl-dev node-llhttp redis-server lua5.1 lua-check curl jq wrk \
                    haproxy python3
TEST_PACKAGES    := prometheus
LINT_PACKAGES    := clang clang-tidy clang-format cppcheck shellcheck npm systemd man-db groff-base
BROWSER_PACKAGES := chromium npm
BENCH_PACKAGES   := valgrind
OPENAPI_PACKAGES := python3-venv
DEB_PACKAGES     := debootstrap systemd-container

# Compiler and flags. CFLAGS, CPPFLAGS and LDFLAGS are the user's. WERROR=-Werror makes warnings
# errors. SANITIZE=LIST builds with these sanitizers instead of the hardening of a release.
CFLAGS ?= -g
WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
          -Wno-missing-field-initializers
ifdef SANITIZE
# With sanitizers, gcc warns of buffers that cannot overflow.
OPT    := -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
          -Wno-format-overflow -Wno-format-truncation
else
OPT    := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
PIE    := -pie
HARDEN := -Wl,-z,relro,-z,now
endif

# libllhttp where the system has it. Debian has only its sources, in node-llhttp; we compile those.
LLHTTP_SRC  := /usr/share/llhttp
LLHTTP_INC  := /usr/share/include/llhttp
SERVER_PKGS := libevent libevent_pthreads hiredis jansson
CLIENT_PKGS := libcurl jansson
ifeq ($(shell pkg-config --exists libllhttp 2>/dev/null && echo yes),yes)
SERVER_PKGS += libllhttp
else
LLHTTP_OBJ  := $(addprefix $(BUILD)/obj/llhttp/,api.o http.o llhttp.o)
endif
SERVER_LIBS := $(shell pkg-config --libs $(SERVER_PKGS) 2>/dev/null) -lpthread -lm
CLIENT_LIBS := $(shell pkg-config --libs $(CLIENT_PKGS) 2>/dev/null) -lpthread -lm
DEFINES     := -std=c11 -D_GNU_SOURCE -DMUSTER_VERSION='"$(VERSION)"' -DLLHTTP_STRICT_MODE=1 \
               -Iinclude -Isrc -Itests -I$(BUILD)/lua -isystem $(LLHTTP_INC) \
               $(shell pkg-config --cflags $(SERVER_PKGS) $(CLIENT_PKGS) 2>/dev/null)

COMPILE = $(Q)$(CC) $(DEFINES) $(CPPFLAGS) $(OPT) $(WARN) $(WERROR) $(CFLAGS) -MMD -MP -c -o $@ $<
LINK    = $(Q)$(CC) $(OPT) $(CFLAGS) $(HARDEN) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

# A recipe that makes a file begins with `step`: it makes the file's folder and prints one line.
# `make V=1` prints whole commands instead.
Q    := $(if $(V),,@)
step  = @mkdir -p $(@D)$(if $(V),,; echo '  $(1) $@')

# As many jobs as there are processors.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) --no-print-directory
endif

.PHONY: all help run demo test asan tsan chaos bench test-browser test-openapi test-packaging test-stores \
        screenshots lint format install uninstall deb deps ensure ensure-test ensure-lint ensure-browser ensure-bench clean FORCE
.SECONDARY:

all: bin/musterd bin/apiserver bin/muster $(BUILD)/lib/libmuster.a $(BUILD)/lib/libmuster.so ## builds programs and library

help: ## prints this list
	@sed -n 's/^\([a-z-]*\):.* ## /make \1\t/p' Makefile | expand -t 21

# Programs: the server musterd, also called apiserver, and the command line tool muster.

# All objects of src but those with a main(). Each program takes what it uses.
SRC     := $(wildcard src/*/*.c)
SRC_LIB := $(BUILD)/obj/src.a

bin/musterd bin/muster: bin/%: $(BUILD)/% FORCE
	@install -C -D $< $@

bin/apiserver: bin/musterd
	@ln -sf musterd $@

$(BUILD)/musterd: $(BUILD)/obj/main_musterd.o $(SRC_LIB)
	$(call step,ld)
	$(LINK) $(PIE) $(SERVER_LIBS)

$(BUILD)/muster: $(BUILD)/obj/main_muster.o $(SRC_LIB)
	$(call step,ld)
	$(LINK) $(PIE) $(CLIENT_LIBS)

$(SRC_LIB): $(SRC:src/%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/scripts.o $(LLHTTP_OBJ)
	$(call step,ar)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/obj/%.o: src/%.c | $(BUILD)/lua/scripts.h
	$(call step,cc)
	$(COMPILE)

# These embed files.
$(BUILD)/obj/api/openapi.o: src/api/openapi.json
$(BUILD)/obj/api/dashboard.o: $(wildcard src/dashboard/*)

# Not our code, so without our warnings.
$(BUILD)/obj/llhttp/%.o: $(LLHTTP_SRC)/%.c
	$(call step,cc)
	$(COMPILE) -w

# Scripts: each operation with the modules that it uses, as C source.
OPERATIONS := $(wildcard lua/*_*.lua)

$(BUILD)/lua/scripts.c $(BUILD)/lua/scripts.h $(BUILD)/lua/strategies.h &: lua/bundle.lua lua/contract.lua lua/tokens.lua $(OPERATIONS) $(wildcard lua/lib/*.lua lua/lib/*/*.lua)
	$(call step,lua)
	$(Q)lua5.1 lua/bundle.lua $(BUILD)/lua $(OPERATIONS)

$(BUILD)/obj/scripts.o: $(BUILD)/lua/scripts.c
	$(call step,cc)
	$(COMPILE)

# Library: libmuster, static and shared, from position-independent objects of its own.
LIB_OBJ := $(patsubst src/%.c,$(BUILD)/pic/%.o,$(wildcard src/client/*.c) $(addprefix src/base/,buf.c clock.c id.c json.c memory.c text.c))
LIB_MAP := src/client/libmuster.map
SONAME  := libmuster.so.0
HEADERS := $(wildcard include/muster/*.h)

$(BUILD)/pic/%.o: src/%.c | $(BUILD)/lua/scripts.h
	$(call step,cc)
	$(COMPILE) -fPIC -fvisibility=hidden

# One object with only the public names, so that a program may have, say, a buf_add of its own.
$(BUILD)/lib/libmuster.a: $(LIB_OBJ)
	$(call step,ar)
	$(Q)$(LD) -r -o $(BUILD)/pic/libmuster.o $^
	$(Q)objcopy --localize-hidden $(BUILD)/pic/libmuster.o
	$(Q)rm -f $@ && $(AR) qcs $@ $(BUILD)/pic/libmuster.o

$(BUILD)/lib/$(SONAME): $(LIB_OBJ) $(LIB_MAP)
	$(call step,ld)
	$(LINK) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(LIB_MAP) $(CLIENT_LIBS)

$(BUILD)/lib/libmuster.so: $(BUILD)/lib/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

# Examples see only the public headers and the shared library.
$(BUILD)/examples/%: deploy/examples/%.c $(BUILD)/lib/libmuster.so $(HEADERS)
	$(call step,cc)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -Iinclude $(CPPFLAGS) $(OPT) $(WARN) $(WERROR) $(CFLAGS) $(LDFLAGS) -o $@ $< \
	  -L$(BUILD)/lib -lmuster -Wl,-rpath,$(abspath $(BUILD)/lib)

# Running. These targets, and the tests and checks below, first install the packages that are
# missing. What they build is built by a second make, which finds the new packages.

run: ensure ## starts a cluster of one node
	@$(MAKE) all
	@echo 'A cluster of one. Try, from another terminal:'
	@echo '  curl localhost:8151/api/cluster/stats'
	@echo "  curl --json '{\"agent_id\":\"a-1\"}' localhost:8151/api/cluster/assignments"
	@echo '  curl localhost:8151/api/cluster/nodes'
	@bin/musterd -dev -cluster node-1

demo: ensure ## shows a whole cluster at work in five seconds
	@$(MAKE) all
	@deploy/demo.sh

# Tests. Each *_test.c is a program. They share the other files of tests, in one archive.
TESTS     := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*/*_test.c tests/integration/*_test.c tests/chaos/*_test.c))
LUA_TESTS := $(wildcard tests/lua/*_test.lua)
TEST_SRC  := $(filter-out %_test.c tests/chaos/chaos.c tests/chaos/clock_shim.c, \
             $(wildcard tests/support/*.c tests/unit/*/*.c tests/chaos/*.c))
TEST_LIB  := $(BUILD)/obj/tests/tests.a

# With T=name only the tests whose path holds the name.
CHOSEN = $(foreach test,$(TESTS) $(LUA_TESTS),$(if $(or $(if $(T),,all),$(findstring $(T),$(test))),$(test)))

test: ensure-test ## runs all tests, or with T=name those whose path holds the name
	@$(MAKE) $(BUILD)/musterd $(BUILD)/muster $(BUILD)/examples/node $(BUILD)/tests/chaos/clock_shim.so \
	  $(filter $(TESTS),$(CHOSEN))
	@BUILD=$(BUILD) tests/run.sh $(CHOSEN)

# Programs with the sanitizers of gcc do not start where the kernel places memory very randomly.
# setarch -R turns that off, where it is allowed.
NO_ASLR = $$(setarch -R true 2>/dev/null && echo setarch -R)

asan: ## the same under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
	@$(NO_ASLR) $(MAKE) test BUILD=$(BUILD)/asan SANITIZE=address,undefined

tsan: ## the same under ThreadSanitizer
	@$(NO_ASLR) $(MAKE) test BUILD=$(BUILD)/tsan SANITIZE=thread

chaos: ensure ## causes faults under load: SEED=, MINUTES=, FAULTS=, STORE=
	@$(MAKE) $(BUILD)/musterd $(BUILD)/tests/chaos/chaos $(BUILD)/tests/chaos/clock_shim.so
	@BUILD=$(BUILD) REPORT=tests/chaos/README.md $(BUILD)/tests/chaos/chaos

test-browser: ensure-browser ## tests the dashboard in Chromium
	@$(MAKE) $(BUILD)/musterd
	@BUILD=$(BUILD) tests/browser/run.sh $(T)

test-openapi: ensure ## tests the API against its description, with schemathesis
	@deploy/deps.sh --missing-only $(OPENAPI_PACKAGES)
	@$(MAKE) $(BUILD)/musterd
	@tests/openapi/run.sh $(BUILD)

test-packaging: ensure ## tests package, service and image in containers (as root)
	@deploy/deps.sh --missing-only $(DEB_PACKAGES)
	@$(MAKE) all
	@tests/packaging/install.sh
	@tests/packaging/deb.sh
	@tests/packaging/service.sh
	@tests/packaging/image.sh

test-stores: ensure-test ## tests the scripts with newer Redis and Valkey (as root)
	@deploy/deps.sh --missing-only $(DEB_PACKAGES)
	@tests/packaging/stores.sh

screenshots: ensure-browser ## makes the pictures of the README again
	@$(MAKE) all
	@BUILD=$(BUILD) tests/browser/run.sh --picture deploy/screenshots/dashboard.png
	@tests/browser/top.sh

# The bench: without B the table of the README, with B=name the script or program of that name.
# tests/bench/README.md says more.
BENCHES    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*_bench.c))
BENCH_LOAD := $(BUILD)/tests/bench/load

bench: ensure-bench ## measures what operations cost; B=name: another measurement
	@$(MAKE) $(BUILD)/musterd $(BENCHES) $(BENCH_LOAD) $(BUILD)/tests/bench/hello
ifndef B
	@tests/bench/peers_fetch.sh $(BUILD)
	@tests/bench/bench.sh $(BUILD)
else ifneq ($(wildcard tests/bench/$(B)_bench.c),)
	@MUSTERD=$(BUILD)/musterd $(BUILD)/tests/bench/$(B)_bench
else
	@timeout 1800 tests/bench/$(B).sh $(BUILD)
endif

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_LIB) $(SRC_LIB)
	$(call step,ld)
	$(LINK) $(PIE) $(SERVER_LIBS) $(CLIENT_LIBS) -lcmocka

$(TEST_LIB): $(TEST_SRC:tests/%.c=$(BUILD)/obj/tests/%.o)
	$(call step,ar)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/obj/tests/%.o: tests/%.c | $(BUILD)/lua/scripts.h
	$(call step,cc)
	$(COMPILE)

$(BENCH_LOAD): $(patsubst %,$(BUILD)/obj/tests/bench/%.o,load template answer)
	$(call step,ld)
	$(LINK) $(PIE)

# Preloaded into redis-server and musterd, so without sanitizers.
$(BUILD)/tests/chaos/clock_shim.so: tests/chaos/clock_shim.c
	$(call step,cc)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(CPPFLAGS) -O2 $(WARN) $(WERROR) $(CFLAGS) -fPIC -shared -o $@ $<

# Checks.

lint: ensure-lint ## checks sources, documents and what the build made
	@$(MAKE) all
	luacheck -q lua tests/lua
	tests/lint/lua_state.sh
	tests/lint/includes.sh
	tests/lint/declarations.sh
	tests/lint/errors.sh
	tests/lint/routes.sh
	tests/lint/keys.sh
	tests/lint/strategies.sh
	tests/lint/contract.sh
	tests/lint/systemd.sh
	tests/lint/symbols.sh $(BUILD)
	tests/lint/man.sh $(BUILD)
	+tests/lint/install.sh $(BUILD)
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --library=tests/lint/cppcheck.cfg \
	  --suppress=missingIncludeSystem --suppress=unknownMacro -Isrc -I$(BUILD)/lua src
	printf '%s\n' $(wildcard src/*.c) $(SRC) | xargs -P 2 -I '{}' clang-tidy --quiet '{}' -- $(DEFINES)
	shellcheck --severity=warning .ci/run deploy/deb/p* $(shell find deploy tests -name '*.sh')
	tests/lint/openapi.sh

format: ## formats the C sources
	clang-format -i $(shell find include src tests deploy -name '*.[ch]')

# Installation. A configuration that exists is kept, and removed only where nobody has changed it.
DEST     := $(DESTDIR)$(PREFIX)
ENV_FILE := $(DESTDIR)$(SYSCONFDIR)/muster/musterd.env
MANUALS  := man1/muster.1 man3/libmuster.3 man8/musterd.8
DOCS     := README.md CHANGELOG.md LICENSE deploy/redis.conf deploy/acl.conf deploy/haproxy.cfg \
            deploy/prometheus/muster.rules.yml deploy/prometheus/prometheus.yml deploy/grafana/muster.json \
            deploy/examples/node.c deploy/examples/curl.md deploy/examples/python.md

install: all ## installs below PREFIX (/usr/local) and DESTDIR
	install -D -m 755 -t $(DEST)/bin $(BUILD)/musterd $(BUILD)/muster
	ln -sf musterd $(DEST)/bin/apiserver
	install -D -m 644 -t $(DEST)/include/muster $(HEADERS)
	install -D -m 644 -t $(DEST)/lib $(BUILD)/lib/libmuster.a
	install -D -m 755 -t $(DEST)/lib $(BUILD)/lib/$(SONAME)
	ln -sf $(SONAME) $(DEST)/lib/libmuster.so
	install -D -m 644 deploy/muster.pc.in $(DEST)/lib/pkgconfig/muster.pc
	sed -i 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' $(DEST)/lib/pkgconfig/muster.pc
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) deploy/systemd/musterd.service
	sed -i 's|/usr/bin/|$(PREFIX)/bin/|; s|/etc/muster/|$(SYSCONFDIR)/muster/|; s|/usr/share/doc/muster|$(DOCDIR)|' \
	  $(DESTDIR)$(UNITDIR)/musterd.service
	test -e $(ENV_FILE) || install -D -m 640 deploy/systemd/musterd.env $(ENV_FILE)
	install -D -m 644 -t $(DESTDIR)$(DOCDIR) $(DOCS)
	for page in $(MANUALS); do install -D -m 644 deploy/man/$${page#*/} $(DEST)/share/man/$$page || exit 1; done
	install -D -m 644 deploy/completion/muster.bash $(DEST)/share/bash-completion/completions/muster
	install -D -m 644 -t $(DEST)/share/zsh/site-functions deploy/completion/_muster

uninstall: ## removes what install has installed
	rm -f $(addprefix $(DEST)/bin/,musterd apiserver muster) $(addprefix $(DEST)/,$(HEADERS)) \
	  $(addprefix $(DEST)/lib/,libmuster.a $(SONAME) libmuster.so pkgconfig/muster.pc) \
	  $(DESTDIR)$(UNITDIR)/musterd.service $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(DOCS))) \
	  $(addprefix $(DEST)/share/,$(addprefix man/,$(MANUALS)) bash-completion/completions/muster zsh/site-functions/_muster)
	if cmp -s deploy/systemd/musterd.env $(ENV_FILE); then rm $(ENV_FILE); fi
	for folder in $(DEST)/include/muster $(DESTDIR)$(DOCDIR) $(dir $(ENV_FILE)); do \
	  test ! -d $$folder || rmdir --ignore-fail-on-non-empty $$folder; done

# Packages.

deb: all ## makes a package for this Debian: build/muster_VERSION-REVISION_ARCH.deb
	@rm -rf $(BUILD)/deb
	@$(MAKE) install DESTDIR=$(abspath $(BUILD))/deb PREFIX=/usr
	@deploy/deb/build.sh $(BUILD)/deb $(VERSION)-$(REVISION) $(BUILD)

deps: ## installs what build and tests need, on Debian and Ubuntu
	@deploy/deps.sh $(PACKAGES) $(TEST_PACKAGES)

ensure:
	@deploy/deps.sh --missing-only $(PACKAGES)

ensure-test: ensure
	@deploy/deps.sh --missing-only $(TEST_PACKAGES)

ensure-lint: ensure
	@deploy/deps.sh --missing-only $(LINT_PACKAGES)

ensure-browser: ensure
	@deploy/deps.sh --missing-only $(BROWSER_PACKAGES)

ensure-bench: ensure
	@deploy/deps.sh --missing-only $(BENCH_PACKAGES)

clean: ## removes all that was built
	rm -rf $(BUILD) bin

# Which headers each object includes, as the compiler found.
-include $(shell find $(BUILD)/obj $(BUILD)/pic -name '*.d' 2>/dev/null)
