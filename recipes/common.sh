# What the recipes share; sourced by their run scripts, which ./run starts with ATENTO set.
set -euo pipefail
shopt -s inherit_errexit
# Letters beyond ASCII are letters to sed, whoever runs this.
export LC_ALL=C.UTF-8

recipe=$(basename "$(cd "$(dirname "$0")" && pwd)")
recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${ATENTO:?start recipes with ./run recipe $recipe}"
# Models and outputs; may be deleted at any time.
work=$recipes/../build/recipes/$recipe
mkdir -p "$work"
work=$(cd "$work" && pwd)

say() { echo "$recipe: $*" >&2; }

# give_up MESSAGE: ends the recipe, even from within $(…) among the arguments of a command, whose
# failure bash overlooks.
give_up() {
  say "$*"
  kill "$$"
  exit 1
}

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

# settings_checksum flags…: of what a model is trained with: config.toml but for its comments and
# empty lines, and the flags.
settings_checksum() {
  {
    sed -E "s/(^|[[:space:]])#[^\"']*$//; s/[[:space:]]+$//; /^$/d" "$recipes/$recipe/config.toml"
    printf '%s\n' "$@"
  } | sha256sum
}

# train NAME flags…: the model $work/NAME; starts, or goes on, or skips what is finished. If the
# settings are not those that NAME.started has the checksum of, the model there is put aside as
# NAME.old, in the place of an older one.
train() {
  local name=$1 model=$work/$1 started=$work/$1.started finished=$work/$1.finished checksum
  shift
  checksum=$(settings_checksum "$@")
  if [[ -e $model && $(cat "$started" 2>/dev/null) != "$checksum" ]]; then
    if [[ -e $started ]]; then
      say "config.toml or the flags of train have changed since $name was trained"
    else
      say "it is not known with which settings $name was trained"
    fi
    say "$name is now $name.old; training it anew"
    rm -rf "$model.old"
    mv "$model" "$model.old"
    rm -f "$finished"
  fi
  if [[ -e $model/model.safetensors && $(cat "$finished" 2>/dev/null) == "$checksum" ]]; then
    return
  fi
  echo "$checksum" >"$started"
  if [[ -e $model/checkpoints/latest ]]; then
    "$ATENTO" train --resume --model "$model"
  else
    "$ATENTO" train --model "$model" "$@"
  fi
  echo "$checksum" >"$finished"
}

# train_members NAME COUNT flags…: the models NAME-1 to NAME-COUNT, which differ in their seeds alone.
train_members() {
  local name=$1 count=$2 seed
  shift 2
  for ((seed = 1; seed <= count; ++seed)); do train "$name-$seed" "$@" --seed "$seed"; done
}

# translate_members NAME COUNT INPUT: INPUT as each of them translates it, $work/NAME-1.out and so
# on, and as all of them together do, $work/NAME-ensemble.out.
translate_members() {
  local name=$1 count=$2 input=$3 seed all=()
  for ((seed = 1; seed <= count; ++seed)); do
    all+=(--model "$work/$name-$seed")
    "$ATENTO" translate --model "$work/$name-$seed" --input "$input" \
      --output "$work/$name-$seed.out"
  done
  "$ATENTO" translate "${all[@]}" --input "$input" --output "$work/$name-ensemble.out"
}

# measure METRIC flags…: one metric of atento evaluate.
measure() { "$ATENTO" evaluate --metrics "$1" --json "${@:2}" | json_number value; }

# The last number of this name in JSON on standard input.
json_number() {
  grep -o "\"$1\": *[-0-9.e+]*" | tail -n 1 | sed 's/.*: *//' || give_up "no $1 was measured"
}

# seconds NAME: how long its training took.
seconds() { json_number elapsed_s <"$work/$1/metrics.jsonl"; }

# training NAME: how long it took, as members of a JSON object.
training() {
  printf '"training_s": %.0f, "updates": %d' "$(seconds "$1")" \
    "$(json_number step <"$work/$1/metrics.jsonl")"
}

# training_columns NAME: the same, as the last two columns of a table; - for an ensemble.
training_columns() {
  if [[ -e $work/$1/metrics.jsonl ]]; then
    printf '%10.0f  %7d\n' "$(seconds "$1")" "$(json_number step <"$work/$1/metrics.jsonl")"
  else
    printf '%10s  %7s\n' - -
  fi
}

# table: standard input, whose first line names its columns, is shown, and is what report takes.
table() { tee "$work/table"; }

# report TITLE MEMBERS [TEXT]: the recipe's results.txt, of the title, the table and the text, and its
# results.json, where MEMBERS stand before the table's rows and `-` is null.
report() {
  { echo "$1" && cat "$work/table" && printf '%s' "${3-}"; } >"$work/results.txt"
  awk -v recipe="$recipe" -v members="$2" '
    NR == 1 { printf "{\"recipe\": \"%s\", %s, \"rows\": [", recipe, members
              for (i = 1; i <= NF; ++i) name[i] = $i }
    NR > 1 { printf "%s\n{", (NR > 2 ? "," : "")
             for (i = 1; i <= NF; ++i) {
               value = $i == "-" ? "null" : $i ~ /^-?[0-9.]+$/ ? $i : "\"" $i "\""
               printf "%s\"%s\": %s", (i > 1 ? ", " : ""), name[i], value
             }
             printf "}" }
    END { print "]}" }' "$work/table" >"$work/results.json"
  publish
}

# $work/results.txt and $work/results.json become the recipe's.
publish() { cp "$work"/results.{txt,json} "$recipes/$recipe/"; }
