#!/bin/sh
# Writes the comment that a run of `pull_request` made for its pull request, or edits the one that is
# there. The run may be that of a stranger's fork, and everything in its artefact is theirs: no name
# and no file of it reaches the disk, its size is bounded, and nothing in it says where it goes.
#
#   GITHUB_API_URL, GITHUB_REPOSITORY  as in every job
#   TOKEN            may read artefacts and write comments
#   RUN_ID           of the event: the run that made the artefact
#   HEAD_SHA         of the event: the commit that the run was for
#   HEAD_REPOSITORY  of the event: OWNER/NAME that the commit comes from
#   HEAD_BRANCH      of the event: its branch
#   ARTIFACT         the artefact's name
#   AUTHOR           who writes the comment (default: github-actions[bot])
set -eu
export LC_ALL=C

# What GitHub takes, and more than enough for it in a zip.
comment_bytes=65536
archive_bytes=1048576

fail() {
    echo "error: $1" >&2
    exit 1
}

matches() {
    printf '%s\n' "$2" | grep -Eqx -- "$1"
}

newline='
'
case $RUN_ID$HEAD_SHA$HEAD_REPOSITORY$HEAD_BRANCH in
    *"$newline"*) fail "the event has a line break in a name" ;;
esac
matches '[0-9]+' "$RUN_ID" || fail "the event has no run"
matches '[0-9a-f]{40}|[0-9a-f]{64}' "$HEAD_SHA" || fail "the event has no commit"
matches '[A-Za-z0-9._-]+/[A-Za-z0-9._-]+' "$HEAD_REPOSITORY" || fail "the event has no repository"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 077
# In a file: the arguments of a program can be read by others.
printf 'Authorization: Bearer %s\nAccept: application/vnd.github+json\n' "$TOKEN" >"$scratch/headers"

api() {
    curl --fail --silent --show-error --max-time 60 --header "@$scratch/headers" "$@" ||
        fail "GitHub did not answer as it should"
}
repository=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY

# The number comes from GitHub: the open pull request of that branch, if the commit is still its head.
api --get --data-urlencode "head=${HEAD_REPOSITORY%%/*}:$HEAD_BRANCH" --data state=open \
    --data per_page=100 "$repository/pulls" >"$scratch/pulls.json"
number=$(jq -r --arg sha "$HEAD_SHA" --arg from "$HEAD_REPOSITORY" '
    [.[] | select(.head.sha == $sha and .head.repo.full_name == $from) | .number] | first // empty
' "$scratch/pulls.json")
if [ -z "$number" ]; then
    echo "no open pull request has $HEAD_SHA as its head: nothing to comment on"
    exit 0
fi
matches '[0-9]+' "$number" || fail "GitHub's answer has no number"

api --get --data-urlencode "name=$ARTIFACT" --data per_page=1 "$repository/actions/runs/$RUN_ID/artifacts" \
    >"$scratch/artifacts.json"
id=$(jq -r '.artifacts[0].id // empty' "$scratch/artifacts.json")
if [ -z "$id" ]; then
    echo "the run $RUN_ID made no artefact: nothing to comment with"
    exit 0
fi
matches '[0-9]+' "$id" || fail "GitHub's answer has no artefact"

# A file of the archive is read by its name into a file of ours; whatever else is there is not unpacked.
api --location "$repository/actions/artifacts/$id/zip" |
    head -c $((archive_bytes + 1)) >"$scratch/archive.zip"
[ "$(wc -c <"$scratch/archive.zip")" -le "$archive_bytes" ] || fail "the artefact is larger than $archive_bytes bytes"
unzip -p "$scratch/archive.zip" comment.md 2>/dev/null |
    head -c $((comment_bytes + 1)) >"$scratch/comment.md"
size=$(wc -c <"$scratch/comment.md")
[ "$size" -gt 0 ] || fail "the artefact has no comment.md"
[ "$size" -le "$comment_bytes" ] || fail "comment.md is larger than $comment_bytes bytes"
marker=$(head -n 1 "$scratch/comment.md" | tr -d '\000')
matches '<!-- oarlock:diff(:[A-Za-z0-9._-]{1,64})? -->' "$marker" || fail "comment.md is not by \`oarlock diff\`"
jq -Rs '{body: .}' "$scratch/comment.md" >"$scratch/body.json"

# The comment to edit: the author's own, with the same first line.
comment=
page=1
while [ "$page" -le 30 ]; do
    api "$repository/issues/$number/comments?per_page=100&page=$page" >"$scratch/comments.json"
    comment=$(jq -r --arg marker "$marker" --arg author "${AUTHOR:-github-actions[bot]}" '
        [.[] | select(.user.login == $author and (.body | startswith($marker))) | .id] | first // empty
    ' "$scratch/comments.json")
    [ -z "$comment" ] || break
    [ "$(jq length "$scratch/comments.json")" -eq 100 ] || break
    page=$((page + 1))
done

if [ -n "$comment" ]; then
    matches '[0-9]+' "$comment" || fail "GitHub's answer has no comment"
    api --request PATCH --header 'Content-Type: application/json' --data-binary "@$scratch/body.json" \
        "$repository/issues/comments/$comment" >/dev/null
    echo "edited the comment on #$number"
else
    api --request POST --header 'Content-Type: application/json' --data-binary "@$scratch/body.json" \
        "$repository/issues/$number/comments" >/dev/null
    echo "commented on #$number"
fi
