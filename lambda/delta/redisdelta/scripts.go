package redisdelta

import "github.com/redis/go-redis/v9"

// The scripts each touch one record, and so one key. They do no arithmetic, as
// Lua's numbers are doubles and can't hold every term: a term is a text of fixed
// width, and texts are compared.

// advance replaces a copy's header, if it's still the one that the caller has seen
// and no newer term was raised.
//
//	ARGV: the copy's term, its field, the header seen ('' if none), the new one, the expiry in ms
var advance = redis.NewScript(`
local raised = redis.call('HGET', KEYS[1], 'term')
if raised and raised > ARGV[1] then return 'stale' end
if (redis.call('HGET', KEYS[1], ARGV[2]) or '') ~= ARGV[3] then return 'changed' end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 'done'`)

// raise raises the term, and swaps a copy in if it's given one. It removes the
// copies of older terms that aren't shown, and returns them, each followed by its
// header, after what is shown and its header.
//
//	ARGV: the term, the copy's field or '', the expiry in ms
var raise = redis.NewScript(`
local raised = redis.call('HGET', KEYS[1], 'term')
if raised and raised > ARGV[1] then return {'stale'} end
if ARGV[2] ~= '' then
	if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then return {'lost'} end
	redis.call('HSET', KEYS[1], 'shown', ARGV[2])
end
redis.call('HSET', KEYS[1], 'term', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local shown = redis.call('HGET', KEYS[1], 'shown') or ''
local answer = {'done', shown, ''}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
	local field, header = all[i], all[i + 1]
	if field == shown then
		answer[3] = header
	elseif string.sub(field, 1, 5) == 'copy:' and string.sub(field, 6, 25) < ARGV[1] then
		redis.call('HDEL', KEYS[1], field)
		table.insert(answer, field)
		table.insert(answer, header)
	end
end
return answer`)

// drop removes a copy and returns its header. A record that shows it shows nothing
// afterwards, and keeps its term.
//
//	ARGV: the copy's field
var drop = redis.NewScript(`
local header = redis.call('HGET', KEYS[1], ARGV[1]) or ''
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('HGET', KEYS[1], 'shown') == ARGV[1] then redis.call('HDEL', KEYS[1], 'shown') end
return header`)
