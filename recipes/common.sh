# What the recipes share; sourced by their run scripts, which ./run starts with ATENTO set.
set -euo pipefail

recipe=$(basename "$(cd "$(dirname "$0")" && pwd)")
recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${ATENTO:?start recipes with ./run recipe $recipe}"
# Models and outputs; may be deleted at any time.
work=$recipes/../build/recipes/$recipe
mkdir -p "$work"
work=$(cd "$work" && pwd)

say() { echo "$recipe: $*" >&2; }

# need_data FOLDER WHERE-FROM: $data becomes the folder under ATENTO_DATA.
need_data() {
  if [[ -z ${ATENTO_DATA-} ]]; then
    say "ATENTO_DATA names no folder; put the data there as $1/ and set it."
    say "$2"
    exit 1
  fi
  data=$ATENTO_DATA/$1
  [[ -d $data ]] || {
    say "$data does not exist. $2"
    exit 1
  }
}

# train DIR flags…: starts, or goes on with, or skips what is finished.
train() {
  local model=$1
  shift
  if [[ -e $model/finished ]]; then return; fi
  if [[ -e $model/checkpoints/latest ]]; then
    "$ATENTO" train --resume --model "$model"
  else
    "$ATENTO" train --model "$model" "$@"
  fi
  touch "$model/finished"
}

# The value of a number in one-line or indented JSON on standard input, the last one of its name.
json_number() { grep -o "\"$1\": *[-0-9.e+]*" | tail -n 1 | sed 's/.*: *//'; }
