# shellcheck shell=bash
# An apt of its own for a tool that fetches packages without installing them: it reads the machine's
# configured sources, keys and proxies, and keeps lists, cache and the record of installed packages in a
# directory of ours, so that the user's configuration and state stay as they are.

# Makes DIR the state of every apt command that follows, for the architectures named.
private_apt() { # DIR ARCHITECTURE...
	local state architectures
	mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" "$1/log"
	state=$(cd "$1" && pwd)
	shift
	architectures=$(printf '"%s"; ' "$@")
	: >"$state/status"
	# The machine's hooks would act on its own cache; a file named by APT_CONFIG is read first, so
	# the machine's files are read here, once, and not by apt again.
	(
		umask 077
		unset APT_CONFIG
		apt-config dump | grep -v -e Invoke -e '^Dir::State' -e '^Dir::Cache' >"$state/apt.conf"
		cat >>"$state/apt.conf" <<-END
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		Dir::State "$state/state";
		Dir::State::status "$state/status";
		Dir::Cache "$state/cache";
		Dir::Log "$state/log";
		#clear APT::Architectures;
		APT::Architectures { $architectures};
		END
	)
	export APT_CONFIG=$state/apt.conf
}
