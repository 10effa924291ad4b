#!/bin/sh
# Writes the comment of `ci/diff.sh` to the merge request of the pipeline, or edits the one that is
# there.
#
#   CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID  as in every pipeline of a merge request
#   OARLOCK_COMMENT_TOKEN  a token of the project with the scope `api`
#   OARLOCK_OUT            the directory with comment.md
set -eu
export LC_ALL=C

fail() {
    echo "error: $1" >&2
    exit 1
}

matches() {
    printf '%s\n' "$2" | grep -Eqx -- "$1"
}

for number in "$CI_PROJECT_ID" "$CI_MERGE_REQUEST_IID"; do
    matches '[0-9]+' "$number" || fail "this is not the pipeline of a merge request"
done
file=$OARLOCK_OUT/comment.md
# Another job wrote the file, so it could be a link to one that it may not read.
if [ ! -f "$file" ] || [ -h "$file" ]; then
    fail "there is no comment.md"
fi
marker=$(head -n 1 "$file")
matches '<!-- oarlock:diff(:[A-Za-z0-9._-]{1,64})? -->' "$marker" || fail "comment.md is not by \`oarlock diff\`"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 077
printf 'PRIVATE-TOKEN: %s\nContent-Type: application/json\n' "$OARLOCK_COMMENT_TOKEN" >"$scratch/headers"

api() {
    curl --fail --silent --show-error --max-time 60 --header "@$scratch/headers" "$@" ||
        fail "GitLab did not answer as it should"
}
notes=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
jq -Rs '{body: .}' "$file" >"$scratch/body.json"
api "$CI_API_V4_URL/user" >"$scratch/user.json"

note=
page=1
while [ "$page" -le 30 ]; do
    api "$notes?per_page=100&page=$page" >"$scratch/notes.json"
    note=$(jq -r --arg marker "$marker" --slurpfile user "$scratch/user.json" '
        [.[] | select(.author.id == $user[0].id and (.body | startswith($marker))) | .id] | first // empty
    ' "$scratch/notes.json")
    [ -z "$note" ] || break
    [ "$(jq length "$scratch/notes.json")" -eq 100 ] || break
    page=$((page + 1))
done

if [ -n "$note" ]; then
    api --request PUT --data-binary "@$scratch/body.json" "$notes/$note" >/dev/null
    echo "edited the comment on !$CI_MERGE_REQUEST_IID"
else
    api --request POST --data-binary "@$scratch/body.json" "$notes" >/dev/null
    echo "commented on !$CI_MERGE_REQUEST_IID"
fi
