# The numbers of docs/what-is-attention.md, by name, from traces: {trace, words, lengths, probes, metrics}.
include "figures";
def dot($a; $b): [$a, $b] | transpose | map(.[0] * .[1]) | add;
def cosine($a; $b): dot($a; $b) / (dot($a; $a) * dot($b; $b) | sqrt);
# With n of them behind the point.
def digits($n):
  pow(10; $n) as $ten | (fabs * $ten | round) as $all | (if . < 0 and $all > 0 then "−" else "" end) +
  ($all / $ten | floor | tostring) + "." + ($all % $ten | tostring | "0" * ($n - length) + .);
def percent: . * 100 | digits(1) + " %";
def row: "| " + (map(tostring) | join(" | ")) + " |";
# Of a source token, the index; of an output token, the step.
def at($token): .source.tokens | index($token);
def step_of($token): .steps[] | select(.chosen.token == $token);
# What an output word looked at most.
def seen_by($token): .source.tokens as $words | step_of($token).attention.weights | $words[index(max)];
def expect($what; $a; $b): if ($a - $b | fabs) < 1e-3 then . else error("\($what): \($a) is not \($b)") end;

.trace as $t | .words as $w | .lengths as $lengths | .metrics as $metrics |
(.probes | map(.weight = (.trace as $p | $p.alignment.weights[$p.target.words | index("cat")][$p.source.words | index("chat")]))) as $probes |
$t.model.options as $o | ($t | step_of("cat")) as $step |
($t | at("chat")) as $chat | ($t | at("noir")) as $noir |
$step.attention as $a | $a.heads[0].scores as $e | $a.heads[0].weights as $alpha |
$t.encoder.annotations as $h | ($e | max) as $top |
($t.attention.keys[$chat] as $key | [range(0; $key | length) as $i | $t.attention.v_a[$i] * ($a.projected[$i] + $key[$i] | tanh)]) as $products |
([$alpha, $h] | transpose | map(.[0] * .[1][0])) as $terms |
def embedding($word): $w.source.embeddings[$w | at($word)];
expect("the score"; $products | add; $e[$chat]) |
expect("the sum of the weights"; $alpha | add; 1) |
expect("the context"; $terms | add; $a.context[0]) |
(if [$t | seen_by("black", "cat")] == ["noir", "chat"] then . else error("another alignment: change the text") end) |
($o["embedding-size"]) as $E | ($o["attention-size"]) as $A | ($o["decoder-size"]) as $H |
$t.model.annotation_size as $C | ($o["readout-size"]) as $R |
[$lengths.bins, $lengths.systems[0].metrics[0].bins, $lengths.systems[1].metrics[0].bins] as $by_length |
{
  sentence: $t.source.text, translation: $t.target.text,
  S: ($t.source.tokens | length), E: $E, H_e: $o["encoder-size"], C: $C, H: $H, A: $A, R: $R,
  V_s: $t.model.source_vocabulary, V_t: $t.model.target_vocabulary, joined: ($C + $H + $E),
  embedding_chat: ($t.source.embeddings[$chat][0:4] | map(digits(3)) | join(", ")),
  cosine_voit_voient: (cosine(embedding("voit"); embedding("voient")) | digits(2)),
  cosine_noir_blanc: (cosine(embedding("noir"); embedding("blanc")) | digits(2)),
  cosine_chat_noir: (cosine(embedding("chat"); embedding("noir")) | digits(2)),
  embedding_numbers: ($t.model.source_vocabulary * $E),
  forward_chat: ($t.encoder.layers[0].directions[0].h[$chat][0:3] | map(digits(3)) | join(", ")),
  backward_chat: ($t.encoder.layers[0].directions[1].h[$chat][0:3] | map(digits(3)) | join(", ")),
  score_numbers: ($A * $H + $A * $C + $A),
  w_s: ($a.projected[0] | digits(4)), u_h: ($t.attention.keys[$chat][0] | digits(4)),
  v: ($t.attention.v_a[0] | digits(4)),
  tanh: ($a.projected[0] + $t.attention.keys[$chat][0] | tanh | digits(4)),
  product: ($products[0] | digits(4)),
  e_chat: ($e[$chat] | digits(2)), e_noir: ($e[$noir] | digits(2)),
  e_difference: ($e[$chat] - $e[$noir] | digits(2)),
  ratio: (($e[$chat] - $e[$noir] | exp) | round),
  alpha_chat: ($alpha[$chat] | percent), alpha_noir: ($alpha[$noir] | percent),
  softmax_table: ([$t.source.tokens, $e, $alpha] | transpose | map([.[0], (.[1] | digits(2)), (.[1] - $top | exp | digits(6)), (.[2] | percent)] | row) | join("\n")),
  softmax_sum: ($e | map(. - $top | exp) | add | digits(4)),
  terms: ([$t.source.tokens, $alpha, ($h | map(.[0]))] | transpose | sort_by(-.[1])[0:3] | map("\(.[1] | digits(4)) · \(.[2] | digits(4)) (`\(.[0])`)") | join(" + ")),
  context_0: ($a.context[0] | digits(4)), h_chat_0: ($h[$chat][0] | digits(4)),
  readout_numbers: ($R * ($C + $H + $E)), t_first: ($step.readout.t[0:4] | map(digits(3)) | join(", ")),
  output_numbers: ($t.model.target_vocabulary * ($R + 1)),
  candidates_table: ($step.candidates[0:5] | map(["`\(.token)`", (.log_prob | digits(2)), (.log_prob | exp | percent)] | row) | join("\n")),
  do_at: ($t | seen_by("do")), not_at: ($t | seen_by("not")),
  p_cat: ($step.chosen.log_prob | exp | percent), log_prob: ($t.target.log_prob | digits(2)),
  words: ($t.target.tokens | length),
  learning_table: ([$probes | length as $n | .[0, 2, 4, 8, 12, 20, $n - 1]] | unique_by(.step) |
    map(.step as $s | [$s, (.weight | percent), ([$metrics[] | select(.step == $s) | .dev_loss | digits(2)] | .[0] // "")] | row) | join("\n")),
  learning_updates: $probes[-1].step,
  lengths_table: ($by_length | transpose | map(select(.[1] != null and .[2] != null) |
    ["\(.[0].first)–\(.[0].last // "")", .[0].sentences, (.[1] | digits(1)), (.[2] | digits(1))] | row) | join("\n")),
}
