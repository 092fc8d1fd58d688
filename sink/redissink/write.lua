-- Writes a row, or its removal, unless a newer version is there.
--
-- KEYS: the row, its tombstone, latest, windows; of one tag, so on one node.
-- ARGV: version, window, start (the window's score), expiry (ms, or empty), the
-- name of the version's field; then fields and values, none for a removal.
-- Returns 1, or 0 where a newer version holds.
local row, tombstone, latest, windows = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local version, window, start, expiry = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local removal = #ARGV == 5
local rows = string.sub(latest, 1, -7) -- what the name of a row has before its window

-- Versions are compared as decimal texts: a number has only 53 bits here.
local function below(a, b)
  local x, y = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
  if x ~= y then return x end
  if x then return below(string.sub(b, 2), string.sub(a, 2)) end
  if #a ~= #b then return #a < #b end
  return a < b
end

local function expire(key)
  if expiry ~= '' then redis.call('PEXPIREAT', key, expiry) end
end

-- A row that has expired or was evicted is still in windows: it goes when it's met.
local function missing(name)
  if redis.call('EXISTS', rows .. name) == 1 then return false end
  redis.call('ZREM', windows, name)
  return true
end

local held = redis.call('HGET', row, ARGV[5])
local removed = not held and redis.call('GET', tombstone)
if below(version, held or removed or version) then return 0 end

if held then redis.call('DEL', row) end -- with the fields that are null by now
if removal then
  redis.call('SET', tombstone, version)
  expire(tombstone)
  redis.call('ZREM', windows, window)
else
  if removed then redis.call('DEL', tombstone) end
  redis.call('HSET', row, unpack(ARGV, 6))
  expire(row)
  if redis.call('ZADD', windows, start, window) == 1 and expiry ~= '' then
    for _, name in ipairs(redis.call('ZRANGE', windows, 0, 1)) do -- one more than comes, so they don't pile up
      if name ~= window then missing(name) end
    end
  end
end

local newest
repeat
  newest = redis.call('ZREVRANGE', windows, 0, 0)[1]
until not newest or newest == window or not missing(newest)

if newest ~= window and not removal then return 1 end
redis.call('DEL', latest)
if newest then
  redis.call('COPY', rows .. newest, latest) -- with its expiry, which windows have too
  local left = newest ~= window and redis.call('PTTL', latest)
  if left and left >= 0 then
    redis.call('PEXPIRE', windows, left)
  elseif left or expiry == '' then
    redis.call('PERSIST', windows)
  else
    expire(windows)
  end
end
return 1
