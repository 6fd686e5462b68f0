# Sourced by setup-and-run and setup-and-test: what both need of the system, and the virtual
# environment in .venv. Asks for no more than is missing, so that a second time costs nothing.

readonly OLDEST_PYTHON="3.11"

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 1
}

# Whether this Python can make virtual environments and build extensions for itself.
python_serves() {
  "$1" - "$OLDEST_PYTHON" >/dev/null 2>&1 <<'PYTHON'
import ensurepip, os, sys, sysconfig, venv
oldest = tuple(map(int, sys.argv[1].split(".")))
header = os.path.join(sysconfig.get_path("include"), "Python.h")
sys.exit(sys.version_info < oldest or not os.path.exists(header))
PYTHON
}

# The first Python that serves: $PYTHON, the one on PATH, the system's.
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3; do
    if python_serves "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# The folders of the Pythons that pyenv keeps off PATH unless they are chosen, oldest first.
pyenv_pythons() {
  command -v pyenv >/dev/null || return 0
  local version
  for version in $(pyenv versions --bare | grep -E '^3\.(1[1-9]|[2-9][0-9])\.[0-9]+$' | sort -V); do
    echo "$(pyenv root)/versions/$version/bin"
  done
}

install_system_packages() {
  local missing=() as_root=()
  command -v g++ >/dev/null || missing+=(g++)
  find_python >/dev/null || missing+=(python3 python3-venv python3-dev)
  if ((${#missing[@]} == 0)); then
    return
  fi
  command -v apt-get >/dev/null ||
    fail "please install: ${missing[*]} (no apt-get here; the names are Debian's)"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "as root, please run: apt-get install ${missing[*]} (this is not root and there is no sudo)"
    as_root=(sudo)
  fi
  echo "installing system packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq || fail "apt-get update failed; is there a network?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]}"
}

make_virtual_environment() {
  local python
  python=$(find_python) ||
    fail "Python $OLDEST_PYTHON or later is needed, with venv and headers; set PYTHON to its path"
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear .venv || fail "$python could not make .venv"
  fi
}

install_system_packages
make_virtual_environment
