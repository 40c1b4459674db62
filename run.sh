#!/usr/bin/env bash
# The executable handbook of Afterword. `./run.sh help` lists what it can do.
set -euo pipefail

from=$PWD
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$here"
venv=$here/.venv

usage() {
  cat <<'TEXT'
Afterword: short customer surveys by mail, and what people answered.

  ./run.sh demo       everything from nothing: environment, a demo company, then http://127.0.0.1:8000
  ./run.sh serve      the same without demo data; on first run it prints a link that creates the first admin
  ./run.sh install    only the environment: .venv, with the `afterword` command in .venv/bin
  ./run.sh test       everything the checks run, from nothing: style, types, floors, both databases, browser, crashes
  ./run.sh check      only the quick ones: style, types, floors
  ./run.sh lock       choose the newest allowed versions and write requirements/*.txt with their hashes
  ./run.sh help       this page

Each can be repeated; what is already there is kept. Words after `demo` and `serve` go to `afterword serve`, words
after `test` to pytest (`./run.sh test tests/surveys`).

  AFTERWORD_PORT      the port to serve on (8000)
  AFTERWORD_DATA_DIR  where the database, the keys and the unsent mail live (./data)

All settings are in the README; every command of the product itself in `.venv/bin/afterword --help`.
TEXT
}

# ── Speaking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

tty=""; bold=""; dim=""; red=""; green=""; plain=""
if [ -t 1 ]; then
  tty=yes
  if [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m'; dim=$'\e[2m'; red=$'\e[31m'; green=$'\e[32m'; plain=$'\e[0m'
  fi
fi

die() {
  printf '%s\n' "${red}run.sh:${plain} $*" >&2
  exit 1
}

clear_line() { if [ -n "$tty" ]; then printf '\r\e[K'; fi; }

finished() { # finished WHAT SECONDS STATUS [NOTE]
  local mark="${green}✓${plain}"
  [ "$3" = 0 ] || mark="${red}✗${plain}"
  clear_line
  printf '%s\n' "  $mark $1 ${dim}$2 s${plain}${4:+  $4}"
}

child=""
watcher=""
logs=$(mktemp -d "${TMPDIR:-/tmp}/afterword.XXXXXX")
stop_children() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
  rm -rf "$logs"
}
trap stop_children EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a command quietly: one line with its seconds at the end, a sign of life at least every five seconds before that,
# and what it printed only when it fails.
step() { # step WHAT COMMAND…
  local what=$1 began=$SECONDS shown=$SECONDS status=0
  shift
  "$@" >"$logs/step" 2>&1 </dev/null &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    if [ -n "$tty" ]; then
      printf '\r\e[K%s' "  ${dim}…${plain} $what ${dim}$((SECONDS - began)) s${plain}"
    elif [ $((SECONDS - shown)) -ge 4 ]; then
      shown=$SECONDS
      printf '%s\n' "  … $what $((SECONDS - began)) s"
    fi
    sleep 0.1
  done
  wait "$child" || status=$?
  child=""
  finished "$what" $((SECONDS - began)) "$status"
  [ "$status" = 0 ] || sed 's/^/    /' "$logs/step" >&2
  return "$status"
}

# ── The environment ──────────────────────────────────────────────────────────────────────────────────────────────────

find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3 python; do
    if "$name" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "Python 3.11, 3.12 or 3.13 with its venv module is needed and was not found" \
    "(Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13)."
}

digest() { "$venv/bin/python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# uv does not read pip's configuration: a mirror or a certificate that the operator set for pip is handed on.
hand_on_pip_settings() {
  local settings name value
  settings=$("$venv/bin/pip" config list 2>/dev/null || true)
  while IFS='=' read -r name value; do
    value=${value#\'}; value=${value%\'}; value=${value//\\n/ }
    case $name in
      *.index-url) export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$value} ;;
      # Best match is how pip reads several indexes; the hashes say which file is right.
      *.extra-index-url) export UV_INDEX=${UV_INDEX:-$value} UV_INDEX_STRATEGY=unsafe-best-match ;;
      *.cert) export SSL_CERT_FILE=${SSL_CERT_FILE:-$value} ;;
    esac
  done <<<"$settings"
}

make_venv() {
  local python
  python=$(find_python)
  rm -rf "$venv"
  "$python" -m venv "$venv"
}

# pip alone takes well over a minute for what uv does in seconds; both check every hash.
fill_venv() { # fill_venv FILE
  local pip=("$venv/bin/python" -m pip --disable-pip-version-check)
  hand_on_pip_settings
  if { [ -x "$venv/bin/uv" ] || "${pip[@]}" install --quiet --require-hashes -r requirements/tool.txt; } &&
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r "$1"; then
    return
  fi
  echo "uv could not install $1; pip tries now, which takes a minute or two."
  "${pip[@]}" install --quiet --require-hashes -r "$1"
}

# A wrapper and not an installed package: what runs is this checkout, from any directory.
write_command() {
  cat >"$venv/bin/afterword.new" <<WRAPPER
#!/usr/bin/env bash
export PYTHONPATH=$(printf %q "$here")\${PYTHONPATH:+:\$PYTHONPATH} PYTHONSAFEPATH=1
exec $(printf %q "$venv/bin/python") -m feedback "\$@"
WRAPPER
  chmod +x "$venv/bin/afterword.new"
  mv "$venv/bin/afterword.new" "$venv/bin/afterword"
}

install() { # install app|test
  local lock=requirements/$1.txt stamp=$venv/.installed-$1
  if ! "$venv/bin/python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
    find_python >/dev/null
    step "Making the environment (.venv)" make_venv || die "The environment could not be made; see above."
  fi
  if [ "$(cat "$stamp" 2>/dev/null)" != "$(digest "$lock")" ]; then
    step "Installing what $lock names" fill_venv "$lock" || die "The installation failed; see above."
    # test.txt holds all of app.txt, so one installation serves both.
    [ "$1" = app ] || digest requirements/app.txt >"$venv/.installed-app"
    digest "$lock" >"$stamp"
  fi
  write_command
}

write_lock() { # write_lock NAME [OPTION…]
  local name=$1
  shift
  "$venv/bin/uv" pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
    --no-emit-index-url --no-emit-find-links "$@" "requirements/$name.in" -o "$logs/$name.txt" || return
  { echo "# Written by ./run.sh lock from $name.in; change that file, not this one."; cat "$logs/$name.txt"; } \
    >"requirements/$name.txt"
}

lock() {
  install app
  step "Locking requirements/tool.txt" write_lock tool || exit 1
  step "Locking requirements/app.txt" write_lock app || exit 1
  step "Locking requirements/test.txt" write_lock test -c requirements/app.txt || exit 1
}

# ── Serving ──────────────────────────────────────────────────────────────────────────────────────────────────────────

absolute_data_dir() {
  case ${AFTERWORD_DATA_DIR:-} in
    "") export AFTERWORD_DATA_DIR=$here/data ;;
    /*) ;;
    *) export AFTERWORD_DATA_DIR=$from/$AFTERWORD_DATA_DIR ;;
  esac
}

need_free_port() {
  local host=${AFTERWORD_HOST:-127.0.0.1} port=${AFTERWORD_PORT:-8000}
  [ "$host" != 0.0.0.0 ] || host=127.0.0.1
  if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then
    die "Port $port is already in use. Choose another: AFTERWORD_PORT=$((port + 1)) ./run.sh $command"
  fi
}

start() {
  rm -rf "$logs" # exec leaves no trap behind
  printf '%s\n' "  Starting on port ${AFTERWORD_PORT:-8000} …"
  exec "$venv/bin/afterword" serve "$@"
}

serve() {
  absolute_data_dir
  need_free_port
  install app
  start "$@"
}

demo() {
  absolute_data_dir
  need_free_port
  install app
  printf '%s\n' "  Preparing the demo company: 90 days of surveys, mails and answers …"
  "$venv/bin/afterword" demo
  start "$@"
}

# ── Checking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

summary=()
failed=0
chosen=""

checked() { # checked WHAT SECONDS STATUS [NOTE]
  [ "$3" = 0 ] || failed=1
  summary+=("$(finished "$@")")
}

quick() { # quick WHAT COMMAND…
  local began=$SECONDS status=0
  step "$@" || status=$?
  checked "$1" $((SECONDS - began)) "$status"
}

keep_awake() { # one line whenever the log has not grown for four seconds
  local log=$1 size=0 now quiet=$SECONDS began=$SECONDS
  while sleep 1; do
    now=$(wc -c <"$log")
    if [ "$now" != "$size" ]; then
      size=$now quiet=$SECONDS
    elif [ $((SECONDS - quiet)) -ge 4 ]; then
      quiet=$SECONDS
      printf '%s\n' " ${dim}… $((SECONDS - began)) s${plain}"
    fi
  done
}

suite() { # suite WHAT PYTEST-OPTION…; pytest itself is seen, and its closing line is kept for the summary
  local what=$1 began=$SECONDS status=0 log=$logs/suite
  shift
  printf '\n%s\n' "${bold}$what${plain}"
  : >"$log"
  keep_awake "$log" &
  watcher=$!
  PYTHONUNBUFFERED=1 "$venv/bin/python" -m pytest "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  watcher=""
  # "Nothing collected" is an answer when only some files were asked for, and a fault when all were.
  [ "$status" != 5 ] || [ -z "$chosen" ] || status=0
  checked "$what" $((SECONDS - began)) "$status" "$(tail -n 1 "$log")"
}

quick_checks() {
  quick "Lint (ruff check)" "$venv/bin/ruff" check .
  quick "Format (ruff format)" "$venv/bin/ruff" format --check .
  quick "Floors (import-linter)" "$venv/bin/lint-imports"
}

types() { quick "Types (mypy --strict)" "$venv/bin/mypy"; }

# Types need one core for a while, and one browser test leaves one.
types_beside() { # types_beside COMMAND…
  local status=0 began=$SECONDS
  "$venv/bin/mypy" >"$logs/types" 2>&1 </dev/null &
  child=$!
  "$@"
  printf '%s\n' " ${dim}… types${plain}"
  wait "$child" || status=$?
  child=""
  [ "$status" = 0 ] || sed 's/^/    /' "$logs/types" >&2
  checked "Types (mypy --strict), meanwhile" $((SECONDS - began)) "$status" "$(tail -n 1 "$logs/types")"
}

install_chromium() { # install_chromium PACKAGE
  local apt=(apt-get -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
  "${apt[@]}" install -y --no-install-recommends "$1" ||
    { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$1"; }
}

# The browser without its windows is the same engine and needs little more than half of the processor.
windowless_chromium() { command -v chromium-headless-shell; }

download_chromium() { "$venv/bin/playwright" install chromium; }

playwright_chromium() {
  "$venv/bin/python" -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)' 2>/dev/null
}

system_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

need_browser() {
  local found=${AFTERWORD_TEST_BROWSER:-} may_install=""
  [ "$(id -u)" != 0 ] || may_install=$(command -v apt-get || true)
  [ -n "$found" ] || found=$(windowless_chromium || true)
  if [ -z "$found" ] && [ -n "$may_install" ]; then
    step "Installing Chromium (apt-get)" install_chromium chromium-headless-shell 2>/dev/null &&
      found=$(windowless_chromium || true)
  fi
  [ -n "$found" ] || found=$(system_chromium || true)
  if [ -z "$found" ] && [ -n "$may_install" ]; then
    step "Installing Chromium (apt-get)" install_chromium chromium 2>/dev/null && found=$(system_chromium || true)
  fi
  if [ -z "$found" ]; then
    found=$(playwright_chromium || true)
    [ -x "$found" ] || { step "Downloading Chromium (playwright)" download_chromium 2>/dev/null || true; }
  fi
  [ -x "$found" ] || die "The browser tests need Chromium, and none could be found or installed" \
    "(install the package chromium-headless-shell or chromium, or set AFTERWORD_TEST_BROWSER to its path)."
  export AFTERWORD_TEST_BROWSER=$found
}

finish() {
  printf '\n%s\n' "${bold}Summary${plain} ${dim}$SECONDS s${plain}"
  printf '%s\n' "${summary[@]}"
  exit "$failed"
}

check() {
  install test
  quick_checks
  types
  finish
}

# Images of containers often forbid bytecode; then each of dozens of processes compiles the house and all it stands on
# again, which takes three seconds, and pytest rewrites every test once more, which takes eight.
# For all suites together templates are compiled once, and one SQLite file is brought up to date.
keep_what_is_made() {
  unset PYTHONDONTWRITEBYTECODE
  export AFTERWORD_TEST_KEPT=$logs/kept
}

test_everything() {
  chosen=$*
  keep_what_is_made
  install test
  need_browser
  quick_checks
  AFTERWORD_TEST_DATABASE=sqlite suite "Tests on SQLite" -n 2 -m "not browser and not crash" "$@"
  AFTERWORD_TEST_DATABASE=postgresql suite "Tests on PostgreSQL" -n 2 -m "not browser and not crash" --only-database "$@"
  # A browser test waits for the browser most of the time, so four at once fill two cores; handed out one by one, for
  # some take a hundred times as long as others.
  AFTERWORD_TEST_DATABASE=sqlite suite "Browser on SQLite" -n 4 --maxschedchunk=1 -m browser "${@:-tests/browser}"
  AFTERWORD_TEST_DATABASE=postgresql types_beside suite "Browser on PostgreSQL" -m browser -k journey "${@:-tests/browser}"
  # Killed servers are waited for half of the time, so three at once fill two cores.
  suite "Crashes (short form)" -n 3 -m crash "${@:-tests/crash}"
  finish
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
  demo) demo "$@" ;;
  serve) serve "$@" ;;
  install) install app && printf '%s\n' "  Ready: .venv/bin/afterword --help" ;;
  test) test_everything "$@" ;;
  check) check ;;
  lock) lock ;;
  help | -h | --help) usage ;;
  *) usage >&2; die "There is no command called $command." ;;
esac
