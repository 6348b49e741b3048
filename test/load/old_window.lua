-- wrk script: old-contract windows of 100 patients, each window with a second of its own, so that none is a repeat.
-- environment: WINDOWS = file with one window of 178 comma-separated integers a line; OUT = file that gets the counts
local windows, count, thread_count = {}, 0, 0
local threads = {}
function setup(thread)
    thread:set("number", thread_count)
    thread_count = thread_count + 1
    table.insert(threads, thread)
end
function init()
    for line in io.lines(os.getenv("WINDOWS")) do windows[#windows + 1] = line end
    accepted, unscored, refused, failed = 0, 0, 0, 0
    base = tonumber(os.getenv("BASE") or "1767225600")
    headers = {["Content-Type"] = "application/json"}
end
function request()
    count = count + 1
    local second = os.date("!%Y-%m-%d %H:%M:%S", base + math.floor(count / 50) + number * 2000000)
    local patient = (number * 50) + count % 50 + 1
    return wrk.format("POST", "/eeg", headers, string.format('{"fk_user": %d, "eeg_data": [%s], "register_timestamp": "%s"}',
        patient, windows[count % #windows + 1], second))
end
function response(status)
    if status == 200 then accepted = accepted + 1
    elseif status == 202 then unscored = unscored + 1
    elseif status == 503 then refused = refused + 1
    else failed = failed + 1 end
end
function done(summary, latency)
    local a, u, r, f = 0, 0, 0, 0
    for _, thread in ipairs(threads) do
        a = a + thread:get("accepted"); u = u + thread:get("unscored"); r = r + thread:get("refused"); f = f + thread:get("failed")
    end
    local out = io.open(os.getenv("OUT"), "w")
    out:write(string.format('{"accepted": %d, "unscored": %d, "refused": %d, "failed": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f}\n',
        a, u, r, f, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
    out:close()
end
