#!/usr/bin/env bash
# The whole life of a reseller, by curl alone: added with a domain and people, set up, suspended, resumed, ended.
# Every call can be repeated, and so can the whole script.
#
# usage: GATEPOST_API=http://127.0.0.1:8080 GATEPOST_USER=… GATEPOST_PASSWORD=… reseller_life.sh SLUG DOMAIN HOST:PORT
set -euo pipefail

slug=$1 domain=$2 host=${3%:*} port=${3##*:}
api=$GATEPOST_API/api/v1
secret="a-long-Passphrase-of-$slug-7"

# call EXPECTED METHOD PATH [JSON]: prints the answer; ends the script when the status is another one.
call() {
  local expected=$1 method=$2 path=$3 json=${4-} answer status
  answer=$(curl --silent --show-error --max-time 30 --request "$method" --write-out '\n%{http_code}' \
    ${token:+--header "Authorization: Bearer $token"} \
    ${json:+--header 'Content-Type: application/json' --data "$json"} "$api$path")
  status=${answer##*$'\n'}
  if [[ ! $status =~ ^($expected)$ ]]; then
    echo "$method $path: $status, not $expected: ${answer%$'\n'*}" >&2
    exit 1
  fi
  printf '%s\n' "${answer%$'\n'*}"
}

# sign_in NAME PASSWORD: prints the access token.
sign_in() {
  token='' call 201 POST /sessions "{\"username\": \"$1\", \"password\": \"$2\"}" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

# has TEXT: reads an answer and ends the script if the text is not in it.
has() {
  local answer
  answer=$(cat)
  [[ $answer == *"$1"* ]] || { echo "no $1 in: $answer" >&2; exit 1; }
}

token=$(sign_in "$GATEPOST_USER" "$GATEPOST_PASSWORD")
administrator=$token

echo "the reseller, its own user, and its limit of two domains"
for _ in first again; do
  call '200|201' PUT "/resellers/$slug" '{"name": "A reseller", "domain_limit": 2}' | has '"domain_limit":2'
  call '200|201' PUT "/users/$slug-admin" \
    "{\"role\": \"reseller\", \"reseller\": \"$slug\", \"password\": \"$secret\"}" | has "\"reseller\":\"$slug\""
done

echo "a domain with people and settings, by the reseller itself"
token=$(sign_in "$slug-admin" "$secret")
for _ in first again; do
  call '200|201' PUT "/domains/$domain" "{\"routes\": [{\"host\": \"$host\", \"port\": $port}]}" |
    has "\"reseller\":\"$slug\""
  call '200|201' PUT "/users/$slug-domain" "{\"role\": \"domain\", \"domain\": \"$domain\", \"password\": \"Secret1\"}" |
    has '"role":"domain"'
  call '200|201' PUT "/users/anna@$domain" '{"role": "email", "password": "Secret1"}' | has '"role":"email"'
  call 200 PATCH "/resellers/$slug/settings" '{"incoming.quarantine_threshold": 0.88}' | has '0.88'
  call 200 PATCH "/domains/$domain/settings" '{"incoming.quarantine_threshold": 0.8}' | has '0.8'
done
call 200 GET "/users?domain=$domain&role=email" | has "anna@$domain"
call 409 PUT "/domains/$domain" '{"routes": [{"host": "other.example.net"}]}' | has already_exists
call '200|201' PUT "/domains/second-$domain" "{\"routes\": [{\"host\": \"$host\", \"port\": $port}]}" >/dev/null
call 409 PUT "/domains/third-$domain" "{\"routes\": [{\"host\": \"$host\", \"port\": $port}]}" | has limit_reached
anna=$(sign_in "anna@$domain" Secret1)

echo "suspended: nobody of it gets in"
token=$administrator
for _ in first again; do
  call 200 PATCH "/resellers/$slug" '{"is_suspended": true}' | has '"is_suspended":true'
done
token=$anna call 401 GET /me | has not_signed_in
token='' call 401 POST /sessions "{\"username\": \"$slug-admin\", \"password\": \"$secret\"}" | has wrong_credentials

echo "and on again"
for _ in first again; do
  call 200 PATCH "/resellers/$slug" '{"is_suspended": false}' | has '"is_suspended":false'
done
sign_in "anna@$domain" Secret1 >/dev/null

echo "ended with all that was its own"
call 409 DELETE "/resellers/$slug" | has conflict
call 204 DELETE "/resellers/$slug?with_domains=true"
for gone in "/resellers/$slug" "/domains/$domain" "/users/$slug-admin" "/users/anna@$domain"; do
  call 404 GET "$gone" | has not_found
done
call 200 GET "/audit?search=$slug&action=remove_reseller" | has "\"target\":\"$slug\""
