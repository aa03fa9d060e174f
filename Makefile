# muster: `make` builds bin/musterd, `make test` tests it, `make run` starts a cluster of one.

VERSION := 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
CC      ?= cc

WARN  := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
         -Wno-missing-field-initializers
HARD  := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPT   ?= $(HARD)
# `make WERROR=-Werror` is what CI builds with.
WERROR ?=

# As many jobs as there are processors.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

LLHTTP_SRC := /usr/share/llhttp
LLHTTP_INC := /usr/share/include/llhttp
PKG_LIBS   := libevent libevent_pthreads hiredis jansson
ifeq ($(shell pkg-config --exists libllhttp 2>/dev/null && echo yes),yes)
PKG_LIBS   += libllhttp
LLHTTP_OBJ :=
else
LLHTTP_OBJ := $(addprefix $(BUILD)/obj/llhttp/,api.o http.o llhttp.o)
endif

CFLAGS  ?= -g
CPPFLAGS += -std=c11 -D_GNU_SOURCE -DMUSTER_VERSION='"$(VERSION)"' -DLLHTTP_STRICT_MODE=1 \
            -Isrc -Itests -I$(BUILD)/lua -isystem $(LLHTTP_INC) $(shell pkg-config --cflags $(PKG_LIBS) 2>/dev/null)
LDLIBS  += $(shell pkg-config --libs $(PKG_LIBS) 2>/dev/null) -lpthread -lm
ifeq ($(OPT),$(HARD))
LDFLAGS += -pie -Wl,-z,relro,-z,now
endif

SRC   := $(filter-out src/client/% src/cli/%,$(wildcard src/*/*.c))
OBJ   := $(SRC:src/%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/scripts.o $(LLHTTP_OBJ)
LUA   := $(wildcard lua/*_*.lua)
# `make V=1` shows the commands.
SAY     = $(if $(V),,@echo '  $(1) $@' &&)
COMPILE = $(call SAY,cc) $(CC) $(CPPFLAGS) $(CFLAGS) $(OPT) $(WARN) $(WERROR) -MMD -MP -c -o $@ $<

.PHONY: all deps ensure ensure-test ensure-lint run demo test asan chaos lint format bench install \
        uninstall deb test-packaging clean
.SECONDARY:

all: bin/musterd bin/apiserver

bin/musterd: $(BUILD)/musterd
	@mkdir -p bin
	@cp -f $< $@

bin/apiserver: bin/musterd
	@ln -sf musterd $@

$(BUILD)/musterd: $(BUILD)/obj/main_musterd.o $(BUILD)/obj/libmuster.a
	$(call SAY,ld) $(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/libmuster.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/obj/%.o: src/%.c | $(BUILD)/lua/scripts.h
	@mkdir -p $(@D)
	$(COMPILE)

$(BUILD)/obj/api/openapi.o: src/api/openapi.json
$(BUILD)/obj/api/dashboard.o: $(wildcard src/dashboard/*)

$(BUILD)/obj/scripts.o: $(BUILD)/lua/scripts.c
	@mkdir -p $(@D)
	$(COMPILE)

# Other people's code, held to their warnings.
$(BUILD)/obj/llhttp/%.o: $(LLHTTP_SRC)/%.c
	@mkdir -p $(@D)
	$(call SAY,cc) $(CC) $(CPPFLAGS) $(CFLAGS) $(OPT) -w -c -o $@ $<

$(BUILD)/lua/scripts.c $(BUILD)/lua/scripts.h &: lua/bundle.lua lua/contract.lua $(LUA) $(wildcard lua/lib/*.lua lua/lib/*/*.lua)
	@mkdir -p $(BUILD)/lua
	$(call SAY,lua) lua5.1 lua/bundle.lua $(BUILD)/lua $(LUA)

# Chaos: faults under load, one after another. SEED=, MINUTES= and FAULTS= as tests/chaos says.
CHAOS_OWN := tests/chaos/chaos.c tests/chaos/clock_shim.c
CHAOS     := $(BUILD)/tests/chaos/chaos $(BUILD)/tests/chaos/clock_shim.so

$(BUILD)/tests/chaos/clock_shim.so: tests/chaos/clock_shim.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(CFLAGS) -O2 $(WARN) $(WERROR) -fPIC -shared -o $@ $<

chaos: ensure
	@$(MAKE) --no-print-directory all $(BUILD)/musterd $(CHAOS)
	@BUILD=$(BUILD) REPORT=tests/chaos/README.md $(BUILD)/tests/chaos/chaos

# Tests: unit, lua and integration. `make test T=name` runs those whose path holds the name.
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*/*_test.c tests/integration/*_test.c tests/chaos/*_test.c))
FIXTURES := $(patsubst tests/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/support/*.c tests/unit/*/fixture.c) \
            $(filter-out %_test.c $(CHAOS_OWN),$(wildcard tests/chaos/*.c)))

$(BUILD)/obj/tests/%.o: tests/%.c | $(BUILD)/lua/scripts.h
	@mkdir -p $(@D)
	$(COMPILE)

$(BUILD)/obj/tests/libfixtures.a: $(FIXTURES)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/obj/tests/libfixtures.a $(BUILD)/obj/libmuster.a
	@mkdir -p $(@D)
	$(call SAY,ld) $(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

test: ensure-test
	@$(MAKE) --no-print-directory $(BUILD)/musterd $(BUILD)/muster $(TESTS) $(BUILD)/tests/chaos/clock_shim.so
	@BUILD=$(BUILD) tests/run.sh $(T)

# The same tests under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer.
asan: ensure-test
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/asan \
	  OPT="-O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-format-overflow -Wno-format-truncation"

.PHONY: test-browser screenshots ensure-browser

# The dashboard's tests, in Debian's Chromium; their pictures are left in $(BUILD)/screenshots.
test-browser: ensure-browser
	@$(MAKE) --no-print-directory $(BUILD)/musterd
	@BUILD=$(BUILD) tests/browser/run.sh $(T)

# The README's picture, from the running product.
screenshots: ensure-browser
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/browser/run.sh --picture deploy/screenshots/dashboard.png
	@tests/browser/top.sh

ensure-browser: ensure
	@deploy/deps.sh --missing-only chromium npm

run: ensure
	@$(MAKE) --no-print-directory all
	@echo 'A cluster of one. Try, from another terminal:'
	@echo '  curl localhost:8151/api/cluster/stats'
	@echo "  curl --json '{\"agent_id\":\"a-1\"}' localhost:8151/api/cluster/assignments"
	@echo '  curl localhost:8151/api/cluster/nodes'
	@./bin/musterd -dev -cluster node-1

demo: ensure
	@$(MAKE) --no-print-directory all
	@deploy/demo.sh

# The bench: one run, one table, as tests/bench/README.md says. `make bench B=failover` (or
# longest, instructions, events, deaths) runs another one; QUICK=1, NODES= and AGENTS= narrow it.
BENCHES := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*_bench.c))
# What it measures by, beside the product.
LOAD      := $(BUILD)/tests/bench/load
YARDSTICK := $(BUILD)/tests/bench/hello

$(LOAD): $(patsubst %,$(BUILD)/obj/tests/bench/%.o,load template answer)
	@mkdir -p $(@D)
	$(call SAY,ld) $(CC) $(OPT) $(LDFLAGS) -o $@ $^

bench: ensure-bench
	@$(MAKE) --no-print-directory all $(BUILD)/musterd $(BENCHES) $(LOAD) $(YARDSTICK)
ifeq ($(B),)
	@tests/bench/peers_fetch.sh $(BUILD)
	@tests/bench/bench.sh $(BUILD)
else ifneq ($(wildcard tests/bench/$(B)_bench.c),)
	@MUSTERD=$(BUILD)/musterd $(BUILD)/tests/bench/$(B)_bench
else
	@timeout 1800 tests/bench/$(B).sh $(BUILD)
endif

.PHONY: ensure-bench
ensure-bench: ensure
	@deploy/deps.sh --missing-only valgrind

LINT_FLAGS = $(filter-out -g,$(CPPFLAGS))
lint: ensure-lint
	@$(MAKE) --no-print-directory $(BUILD)/lua/scripts.h
	luacheck -q lua tests/lua
	tests/lint/includes.sh
	tests/lint/declarations.sh
	tests/lint/errors.sh
	tests/lint/routes.sh
	tests/lint/keys.sh
	tests/lint/strategies.sh
	tests/lint/contract.sh
	tests/lint/systemd.sh
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --library=tests/lint/cppcheck.cfg \
	  --suppress=missingIncludeSystem --suppress=unknownMacro -Isrc -I$(BUILD)/lua src
	printf '%s\n' $(wildcard src/*.c src/*/*.c) | xargs -P 2 -I '{}' clang-tidy --quiet '{}' -- $(LINT_FLAGS)
	shellcheck --severity=warning .ci/run deploy/deb/p* $(shell find deploy tests -name '*.sh')
	tests/lint/openapi.sh

format:
	clang-format -i $(shell find src tests -name '*.[ch]')

# Installing. Configuration is kept below PREFIX too, but for /usr, whose is in /etc. One that is
# there is left as it is, and `make uninstall` leaves one that was changed.
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DOCDIR     ?= $(PREFIX)/share/doc/muster
DOCS       := README.md CHANGELOG.md LICENSE deploy/redis.conf deploy/acl.conf deploy/haproxy.cfg \
              deploy/prometheus/muster.rules.yml deploy/prometheus/prometheus.yml deploy/grafana/muster.json \
              deploy/examples/node.c deploy/examples/curl.md deploy/examples/python.md
ENV_FILE    = $(DESTDIR)$(SYSCONFDIR)/muster/musterd.env

install: all
	install -D -m 755 bin/musterd $(DESTDIR)$(PREFIX)/bin/musterd
	ln -sf musterd $(DESTDIR)$(PREFIX)/bin/apiserver
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DOCDIR)
	install -m 644 deploy/systemd/musterd.service $(DESTDIR)$(UNITDIR)
	sed -i 's|/usr/bin/|$(PREFIX)/bin/|; s|/etc/muster/|$(SYSCONFDIR)/muster/|; s|/usr/share/doc/muster|$(DOCDIR)|' \
	  $(DESTDIR)$(UNITDIR)/musterd.service
	install -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)
	test -e $(ENV_FILE) || install -D -m 640 deploy/systemd/musterd.env $(ENV_FILE)

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,musterd apiserver) $(DESTDIR)$(UNITDIR)/musterd.service
	rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(DOCS)))
	if cmp -s deploy/systemd/musterd.env $(ENV_FILE); then rm $(ENV_FILE); fi
	for folder in $(DESTDIR)$(DOCDIR) $(dir $(ENV_FILE)); do \
	  test ! -d $$folder || rmdir --ignore-fail-on-non-empty $$folder; \
	done

# A package for the Debian that it is made on: build/muster_VERSION-REVISION_ARCH.deb
REVISION ?= 1
deb: all
	@rm -rf $(BUILD)/deb
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(BUILD))/deb PREFIX=/usr SYSCONFDIR=/etc
	@deploy/deb/build.sh $(BUILD)/deb $(VERSION)-$(REVISION) $(BUILD)

# As root: each in a Debian of its own, and what comes of it is run.
test-packaging: ensure
	@deploy/deps.sh --missing-only debootstrap systemd-container
	@$(MAKE) --no-print-directory all
	@tests/packaging/install.sh
	@tests/packaging/deb.sh
	@tests/packaging/service.sh
	@tests/packaging/image.sh

# The client library libmuster, static and shared, and the command `muster` on it.
CLIENT_PIC  := $(patsubst src/%.c,$(BUILD)/pic/%.o,$(wildcard src/client/*.c) $(addprefix src/base/,buf.c clock.c id.c json.c memory.c text.c))
CLIENT_OBJ  := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/client/*.c src/cli/*.c src/base/*.c))
CLIENT_TEST := $(filter $(addprefix $(BUILD)/tests/,unit/client/% unit/cli/% integration/client_% integration/cli_%),$(TESTS))
CLIENT_LIBS := $(shell pkg-config --libs libcurl jansson 2>/dev/null) -lpthread -lm
SONAME      := libmuster.so.0
CLIENT_MAP  := src/client/libmuster.map
HEADERS     := $(wildcard include/muster/*.h)
MANUALS     := $(wildcard deploy/man/*.[1-8])
CPPFLAGS    += -Iinclude

all: bin/muster $(BUILD)/lib/libmuster.a $(BUILD)/lib/libmuster.so

bin/muster: $(BUILD)/muster
	@mkdir -p bin
	@cp -f $< $@

$(BUILD)/muster: $(BUILD)/obj/main_muster.o $(BUILD)/obj/libclient.a
	$(call SAY,ld) $(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(CLIENT_LIBS)

$(BUILD)/obj/libclient.a: $(CLIENT_OBJ)
	@rm -f $@
	@ar qcs $@ $^

$(BUILD)/pic/%.o: src/%.c
	@mkdir -p $(@D)
	$(COMPILE) -fPIC -fvisibility=hidden

# One object in which only the public names are left, so that a program may have its own buf_add.
$(BUILD)/lib/libmuster.a: $(CLIENT_PIC)
	@mkdir -p $(@D)
	$(call SAY,ar) $(LD) -r -o $(BUILD)/pic/libmuster.o $^ && \
	  objcopy --localize-hidden $(BUILD)/pic/libmuster.o && rm -f $@ && ar rcs $@ $(BUILD)/pic/libmuster.o

$(BUILD)/lib/libmuster.so: $(CLIENT_PIC) $(CLIENT_MAP)
	@mkdir -p $(@D)
	$(call SAY,ld) $(CC) $(OPT) $(filter-out -pie,$(LDFLAGS)) -shared -Wl,-soname,$(SONAME) \
	  -Wl,--version-script=$(CLIENT_MAP) -o $(BUILD)/lib/$(SONAME) $(CLIENT_PIC) $(CLIENT_LIBS) && \
	  ln -sf $(SONAME) $@

$(BUILD)/muster.pc: deploy/muster.pc.in
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

# Programs outside the tree's own layers: they see the public headers and the shared library alone.
$(BUILD)/examples/%: deploy/examples/%.c $(BUILD)/lib/libmuster.so $(HEADERS)
	@mkdir -p $(@D)
	$(call SAY,cc) $(CC) -std=c11 -D_GNU_SOURCE -Iinclude $(CFLAGS) $(OPT) $(WARN) $(WERROR) -o $@ $< \
	  -L$(BUILD)/lib -lmuster -Wl,-rpath,$(abspath $(BUILD)/lib)

TESTS += $(BUILD)/examples/node
$(CLIENT_TEST): LDLIBS += $(CLIENT_LIBS)
$(CLIENT_TEST): $(BUILD)/obj/libclient.a

format: format-client
.PHONY: format-client
format-client:
	clang-format -i $(HEADERS) $(wildcard deploy/examples/*.c)

lint: lint-client
.PHONY: lint-client install-client uninstall-client
lint-client: ensure-lint
	@$(MAKE) --no-print-directory all
	tests/lint/symbols.sh $(BUILD)
	tests/lint/man.sh $(BUILD)
	tests/lint/install.sh $(BUILD)

install: install-client
install-client: all $(BUILD)/muster.pc
	install -D -m 755 bin/muster $(DESTDIR)$(PREFIX)/bin/muster
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/muster $(HEADERS)
	install -D -m 644 $(BUILD)/lib/libmuster.a $(DESTDIR)$(PREFIX)/lib/libmuster.a
	install -D -m 755 $(BUILD)/lib/$(SONAME) $(DESTDIR)$(PREFIX)/lib/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libmuster.so
	install -D -m 644 $(BUILD)/muster.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/muster.pc
	for page in $(MANUALS); do \
	  install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done
	install -D -m 644 deploy/completion/muster.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/muster
	install -D -m 644 deploy/completion/_muster $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_muster

uninstall: uninstall-client
uninstall-client:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/muster $(HEADERS) lib/libmuster.a lib/$(SONAME) lib/libmuster.so \
	  lib/pkgconfig/muster.pc share/bash-completion/completions/muster share/zsh/site-functions/_muster \
	  $(foreach page,$(notdir $(MANUALS)),share/man/man$(subst .,,$(suffix $(page)))/$(page)))
	test ! -d $(DESTDIR)$(PREFIX)/include/muster || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/include/muster

-include $(CLIENT_PIC:.o=.d)

clean:
	rm -rf $(BUILD) bin

# What the build, the tests and `make lint` need, as Debian and Ubuntu name it.
PACKAGES      := build-essential pkg-config libevent-dev libhiredis-dev libjansson-dev libcmocka-dev \
                 libssl-dev libcurl4-openssl-dev node-llhttp redis-server lua5.1 lua-check curl jq wrk haproxy \
                 python3
TEST_PACKAGES := prometheus
LINT_PACKAGES := clang clang-tidy clang-format cppcheck shellcheck npm systemd man-db groff-base

deps:
	@deploy/deps.sh $(PACKAGES) $(TEST_PACKAGES)

# Costs one look-up where all is there.
ensure:
	@deploy/deps.sh --missing-only $(PACKAGES)

ensure-test: ensure
	@deploy/deps.sh --missing-only $(TEST_PACKAGES)

ensure-lint: ensure
	@deploy/deps.sh --missing-only $(LINT_PACKAGES)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
