#!/usr/bin/env bash
# The main job with curl: uploads the five samples, watches, lists, downloads, deletes.
# Needs API, USER1 (both printed by `make run`) and the folder of `make samples`.
set -euo pipefail
# Also within $(…): the first error ends the walk.
shopt -s inherit_errexit
api=${API:-http://127.0.0.1:8080/api/v1}
samples=${1:-samples}

call() { curl -sS --fail-with-body -H "Authorization: Bearer $USER1" "$@"; }
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[int(k)] if k.isdigit() else v[k]
print(v)' "$1"; }

# Uploads one file and prints its id. Up to 16 MiB: one PUT; above: parts.
upload() {
  local file=$1 size begun id
  size=$(stat -c %s "$file")
  begun=$(call -X POST "$api/uploads" -d "{\"filename\": \"$(basename "$file")\", \"size\": $size, \"patient_id\": \"P-0001\"}")
  id=$(field file.id <<<"$begun")
  if [ "$(field upload.method <<<"$begun")" = single ]; then
    curl -sS --fail-with-body -X PUT --data-binary @"$file" -H 'If-None-Match: *' \
      -H "Content-Type: $(field upload.headers.Content-Type <<<"$begun")" "$(field upload.url <<<"$begun")"
  else
    local part_size total url
    part_size=$(field upload.part_size <<<"$begun") total=$(field upload.total_parts <<<"$begun")
    for ((n = 1; n <= total; n++)); do
      url=$(call -X POST "$api/uploads/$id/parts" -d "{\"part_numbers\": [$n]}" | field parts.0.url)
      tail -c +$(((n - 1) * part_size + 1)) "$file" | head -c "$part_size" >"$file.part" || true
      curl -sS --fail-with-body -X PUT --data-binary @"$file.part" -H 'Content-Type:' "$url"
      rm "$file.part"
    done
    call -X POST "$api/uploads/$id/complete" -d '{}' >/dev/null
  fi
  echo "$id"
}

# Waits until a file has been processed.
processed() {
  local status=
  until [ "$status" = PROCESSED ] || [ "$status" = FAILED ]; do
    status=$(call "$api/image-files/$1" | field status)
  done
  echo "$1 $status"
}

call -X PUT "$api/patients/P-0001" -d '{"name": "张三", "sex": "M", "birth_date": "1970-12-31"}' && echo
ids=()
for file in "$samples"/*; do
  id=$(upload "$file")
  ids+=("$id")
done
for id in "${ids[@]}"; do processed "$id"; done

dicom=$(call "$api/image-files/my-images?file_type=DICOM&modality=CT&page_size=1" --url-query 'search=胸部' | field items.0.id)
call "$api/image-files/$dicom" | python3 -m json.tool --no-ensure-ascii | grep -E '"(original_filename|file_hash|modality|status|patient_name)"'
call -L -OJ "$api/image-files/$dicom/download"
cmp "$samples/胸部CT.dcm" ./*CT.dcm && echo "the same bytes"
curl -sS -o thumbnail.jpg "$(call "$api/image-files/$dicom" | field thumbnail_url)"
call -X DELETE "$api/image-files/${ids[0]}" && echo
call "$api/image-files/stats/summary" && echo
