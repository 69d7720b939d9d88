# shellcheck shell=bash
# What --module 'FILE STRING' means, for run-qemu.sh and tools/make-iso.

# Prints FILE: the text up to the first blank before which it names a file, so that a path may hold
# blanks itself. Fails when there is none that can be read.
module_file() { # TEXT
	local text=$1 file rest
	file=${text%% *}
	while [[ ! -f $file ]]; do
		[[ $file != "$text" ]] || return 1
		rest=${text#"$file "}
		file="$file ${rest%% *}"
	done
	[[ -r $file ]] && printf '%s' "$file"
}
