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
	# What is configured, without the hooks, which would act on the machine's own cache. A file that
	# APT_CONFIG names is read before the machine's, so those are read here and not again by apt.
	(
		umask 077
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
