# Commands beside one another, for scripts to source: most of what they run keeps one processor busy.
#
#   start NAME COMMAND …   begins the command; what it says is kept
#   finish                 waits for all that were started and shows what each said, one after the other; then adds a line for
#                          each to `summary`. Fails where one failed

summary=()
started_names=()
started_processes=()
started_outputs=$(mktemp -d)
trap 'stop_started; rm -rf "$started_outputs"' EXIT

start() {
  local name=$1 number=${#started_names[@]}
  shift
  # Each in a process group of its own, so that all it runs can be stopped.
  set -m
  (
    start=$SECONDS status=0
    "$@" || status=$?
    echo $((SECONDS - start)) > "$started_outputs/$number.seconds"
    exit $status
  ) > "$started_outputs/$number" 2>&1 &
  set +m
  started_names+=("$name")
  started_processes+=($!)
}

finish() {
  local number failed=0
  for number in "${!started_names[@]}"; do
    local status=0
    wait "${started_processes[number]}" || status=$?
    echo "== ${started_names[number]}"
    cat "$started_outputs/$number"
    summary+=("${started_names[number]}: $([[ $status -eq 0 ]] && echo passed || echo FAILED), $(
      cat "$started_outputs/$number.seconds" 2>/dev/null || echo "?") s")
    echo "== ${summary[-1]}"
    [[ $status -eq 0 ]] || failed=1
  done
  started_names=() started_processes=()
  return $failed
}

# What is still running when the script ends, by a failure of something else.
stop_started() {
  local process
  for process in "${started_processes[@]}"; do kill -- "-$process" 2>/dev/null || true; done
}
