# Drawings for docs/what-is-attention.md from traces (docs/trace.md): vectors as strips, weights as
# blocks, numbers as bars. Sizes in px.
def escape: gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;");
def hundredth: . * 100 | round / 100;
def text($x; $y; $anchor; $value):
  "<text x=\"\($x)\" y=\"\($y)\" text-anchor=\"\($anchor)\">\($value | tostring | escape)</text>";
def rect($x; $y; $w; $h; $fill):
  "<rect x=\"\($x|hundredth)\" y=\"\($y|hundredth)\" width=\"\($w|hundredth)\" height=\"\($h|hundredth)\" fill=\"\($fill)\"/>";
def svg($width; $height; $title):
  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\($width)\" height=\"\($height)\" viewBox=\"0 0 \($width) \($height)\" font-family=\"sans-serif\" font-size=\"13\">\n<title>\($title|escape)</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + (map(. + "\n") | add) + "</svg>";

# White, to orange below zero, to blue above; full from 1 on.
def channel($full; $share): 255 + ($full - 255) * $share | round;
def colour:
  . as $v | ([fabs, 1] | min) as $share |
  (if $v < 0 then [179, 88, 6] else [8, 48, 107] end) |
  "rgb(\(channel(.[0]; $share)),\(channel(.[1]; $share)),\(channel(.[2]; $share)))";

# A vector's first numbers at (x, y); its largest is as dark as can be if scale is that.
def strip($x; $y; $scale):
  [.[0:32] | to_entries[] | rect($x + .key * 5; $y; 5; 16; (.value / $scale | colour))] +
  ["<rect x=\"\($x)\" y=\"\($y)\" width=\"160\" height=\"16\" fill=\"none\" stroke=\"#808080\" stroke-width=\"0.5\"/>"];

# rows: [{label, strips: [vector…]}]; the i-th vectors of all rows share a scale.
def strips($title; $heads):
  . as $rows | 84 as $left |
  [range(0; $heads | length) as $i | [$rows[].strips[$i][0:32][] | fabs] | max] as $scales |
  [ ($heads | to_entries[] | text($left + .key * 180; 18; "start"; .value)),
    ($rows | to_entries[] | .key as $r | .value |
      text($left - 8; 43 + $r * 24; "end"; .label),
      (.strips | to_entries[] | .key as $i | .value | strip($left + $i * 180; 30 + $r * 24; $scales[$i])[])) ] |
  svg($left + ($heads | length) * 180; 36 + ($rows | length) * 24; $title);

# rows: [{label, values: [number…]}]: a bar for each; digits: how many to print.
def bars($title; $heads; $digits):
  . as $rows | 100 as $left | pow(10; $digits) as $ten |
  [range(0; $heads | length) as $i | [$rows[].values[$i] | fabs] | max] as $scales |
  [ ($heads | to_entries[] | text($left + .key * 200; 18; "start"; .value)),
    ($rows | to_entries[] | .key as $r | .value |
      text($left - 8; 43 + $r * 24; "end"; .label),
      (.values | to_entries[] | .key as $i |
        rect($left + $i * 200; 30 + $r * 24; 120 * ([.value, 0] | max) / $scales[$i]; 16; "#08306b"),
        text($left + $i * 200 + 126; 43 + $r * 24; "start"; (.value * $ten | round / $ten)))) ] |
  svg($left + ($heads | length) * 200; 36 + ($rows | length) * 24; $title);

# panels: [{title, source, target, weights}] of one pair, side by side.
def fog($title):
  . as $panels | .[0] as $first | ($first.source | length) as $columns |
  ($first.target | length) as $rows | 20 as $cell | 64 as $left | (($columns * $cell) + 24) as $width |
  [ ($first.target | to_entries[] | text($left - 8; 96 + .key * $cell; "end"; .value)),
    ($panels | to_entries[] | ($left + .key * $width) as $x | .value |
      text($x; 18; "start"; .title),
      (.source | to_entries[] |
        "<text transform=\"translate(\($x + .key * $cell + 14) 76) rotate(-55)\">\(.value | escape)</text>"),
      (.weights | to_entries[] | .key as $t | .value | to_entries[] |
        rect($x + .key * $cell; 82 + $t * $cell; $cell; $cell; (.value | colour))),
      "<rect x=\"\($x)\" y=\"82\" width=\"\($columns * $cell)\" height=\"\($rows * $cell)\" fill=\"none\" stroke=\"#808080\"/>") ] |
  svg($left + ($panels | length) * $width; 90 + $rows * $cell; $title);
