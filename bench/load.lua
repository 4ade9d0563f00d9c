-- What wrk sends: POST /v1/translate, a sentence of the file SENTENCES at a time.
local sentences = {}
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local function json_string(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function init()
  for line in io.lines(os.getenv("SENTENCES")) do
    if line ~= "" then table.insert(sentences, json_string(line)) end
  end
  -- Threads begin in different places.
  place = math.floor(number * #sentences / 2)
  translated, refused, failed = 0, 0, 0
  beam = os.getenv("BEAM")
end

function request()
  place = place % #sentences + 1
  local body = '{"text": ' .. sentences[place] .. ', "beam": ' .. beam .. "}"
  return wrk.format("POST", "/v1/translate", { ["Content-Type"] = "application/json" }, body)
end

function response(status)
  if status == 200 then
    translated = translated + 1
  elseif status == 429 then
    refused = refused + 1
  else
    failed = failed + 1
  end
end

function done(summary, latency)
  local sum = { translated = 0, refused = 0, failed = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sum) do sum[name] = sum[name] + thread:get(name) end
  end
  local errors = summary.errors
  sum.failed = sum.failed + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("%.1f %.0f %.0f %.0f %d %d\n", sum.translated / (summary.duration / 1e6),
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    sum.refused, sum.failed))
end
