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

# True when STRING names a VM, among the words that are not the guest's own.
module_names_vm() { # STRING
	local words word
	read -ra words <<<"$1"
	for word in "${words[@]}"; do
		[[ $word != -- ]] || return 1
		[[ $word != vm=* ]] || return 0
	done
	return 1
}
