#!/bin/sh
# Fetches the newest restic that Debian has into the folder $1, beside the machine's own one, which stays as it is.
#
# The mirror is the one that this machine gets its own packages from; its lists, sources and cache are not touched.
# Needs no rights: a package is only unpacked. Does nothing if it was fetched in the last 30 days.
set -eu
folder=$1
[ -x "$folder/restic" ] && [ -z "$(find "$folder/restic" -mtime +30)" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "there is no apt here" >&2; exit 1; }

# shellcheck disable=SC1091
codename=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
# What apt writes down of a source it has read is whose it is; of one it never read only the suite is known.
mirror=$(apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' \
	| awk -F'|' -v suite="$codename" '$2 == suite && ($1 == "Debian" || $1 !~ /^[A-Za-z]/) { print $3; exit }')
[ -n "$mirror" ] || { echo "no Debian mirror is among the sources of this machine" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder"
key=/usr/share/keyrings/debian-archive-keyring.gpg
signed=
[ ! -f "$key" ] || signed="[signed-by=$key] "
for suite in sid testing stable; do
	echo "deb ${signed}${mirror} $suite main" >"$work/sources.list"
	set -- -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User= \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 -o Acquire::Retries=2 -o Acquire::Languages=none -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
	(cd "$work" && apt-get "$@" update && apt-get "$@" download restic) >"$work/log" 2>&1 \
		|| { cat "$work/log" >&2; rm -rf "$work/lists"; mkdir -p "$work/lists/partial"; continue; }
	rm -rf "$work/unpacked"
	dpkg-deb -x "$work"/restic_*.deb "$work/unpacked"
	# One that was built for a newer C library than this machine's does not start.
	if "$work/unpacked/usr/bin/restic" version >"$work/version" 2>&1; then
		cp "$work/unpacked/usr/bin/restic" "$folder/restic.new"
		mv "$folder/restic.new" "$folder/restic"
		cat "$work/version"
		exit 0
	fi
	rm -f "$work"/restic_*.deb
done
echo "no suite of Debian has a restic that starts here" >&2
exit 1
