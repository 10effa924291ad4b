#!/bin/sh
# Compares what a change deploys with what was deployed before it. Writes `comment.md` and
# `report.html` into OARLOCK_OUT, and ends with the exit status of `oarlock diff`, except that a
# difference alone is no failure.
#
#   OARLOCK          the program (default: `oarlock` of the path)
#   OARLOCK_TREE     the checkout (default: the current directory)
#   OARLOCK_BASE     the commit before the change (default: the first parent of OARLOCK_HEAD, which
#                    is the target branch in the merge that GitHub checks out)
#   OARLOCK_HEAD     the commit with the change (default: HEAD)
#   OARLOCK_FAIL_ON  `blocking` or `caution`; empty: no finding is a failure
#   OARLOCK_DIALECT  whose Markdown the comment is: `github` (default), `gitlab` or `forgejo`
#   OARLOCK_REPORT   where readers of the comment find the report: a link, or the name of an artefact
#   OARLOCK_OUT      the directory for what is written
#   OARLOCK_ARGS     more arguments of `oarlock diff`, one a line
set -eu

program=${OARLOCK:-oarlock}
out=${OARLOCK_OUT:?the directory for comment.md and report.html}
head=${OARLOCK_HEAD:-HEAD}
base=${OARLOCK_BASE:-$head^1}

mkdir -p -- "$out"
out=$(cd -- "$out" && pwd)
cd -- "${OARLOCK_TREE:-.}"

# A name becomes a commit here, so that no branch can be taken for something else.
commit() {
    git rev-parse --verify --quiet --end-of-options "$1^{commit}" || {
        echo "error: there is no commit \`$1\` in this checkout; fetch more of its history" >&2
        exit 2
    }
}
base=$(commit "$base") || exit 2
head=$(commit "$head") || exit 2

set --
while IFS= read -r argument; do
    [ -z "$argument" ] || set -- "$@" "$argument"
done <<END
${OARLOCK_ARGS:-}
END

# One render feeds both outputs where there is a render cache.
status=0
"$program" diff "$base..$head" --output markdown --dialect "${OARLOCK_DIALECT:-github}" \
    ${OARLOCK_REPORT:+--artefact "$OARLOCK_REPORT"} ${OARLOCK_FAIL_ON:+--fail-on "$OARLOCK_FAIL_ON"} "$@" \
    >"$out/comment.md" || status=$?
page=0
"$program" diff "$base..$head" --output html "$@" >"$out/report.html" 2>/dev/null || page=$?
[ "$page" -le 1 ] || [ -s "$out/report.html" ] || rm -f -- "$out/report.html"

# Without a limit a difference is what the comment shows, not a failure.
[ -n "${OARLOCK_FAIL_ON:-}" ] || [ "$status" -ne 1 ] || status=0
exit "$status"
