#!/bin/sh
# RM-204-06 a 204 is only said when the request was carried out: fail
# This only sends the requests. To send them with a mail server behind them and judge again:
#   relaycheck replay RM-204-06 reports/sample/mutant --target mutant.toml

# control X00001: first control: basic, application/json
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00001)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00001@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00001\r\nMessage-ID: <rcsample00001@relaycheck.test>\r\n\r\nrcsample00001\r\nA line of text.\r\n","From":"from-rcsample00001@relaycheck.test","Recipients":["to1-rcsample00001@relaycheck.test","to2-rcsample00001@relaycheck.test"]}'

# probe X00133: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0003v)' \
  -H "Cookie: $RELAYCHECK_COOKIES" \
  -H 'X-XSRF-TOKEN: '"$RELAYCHECK_XSRF" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -H 'Expect:' \
  --data-binary 'ConnectionInfoExtended.Port=44925&ConnectionInfoExtended.ServerName=127.0.0.1&ConnectionInfoExtended.Protocol=SMTP&ConnectionInfoExtended.UseSSL=false&Rfc822=Date%3A+Mon%2C+23+Nov+2026+12%3A00%3A00+%2B0000%0D%0AFrom%3A+Relaycheck+%3Cfrom-rcsample0003v%40relaycheck.test%3E%0D%0ATo%3A+undisclosed-recipients%3A%3B%0D%0ASubject%3A+relaycheck+rcsample0003v%0D%0AMessage-ID%3A+%3Crcsample0003v%40relaycheck.test%3E%0D%0A%0D%0Arcsample0003v%0D%0AA+line+of+text.%0D%0A&From=from-rcsample0003v%40relaycheck.test&Recipients%5B0%5D=to1-rcsample0003v%40relaycheck.test&Recipients%5B1%5D=to2-rcsample0003v%40relaycheck.test'

# further X00296: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0008e)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample0008e@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample0008e\r\nMessage-ID: <rcsample0008e@relaycheck.test>\r\n\r\nrcsample0008e\r\nA line of text.\r\n","From":"from-rcsample0008e@relaycheck.test","Recipients":["to1-rcsample0008e@relaycheck.test","to2-rcsample0008e@relaycheck.test"]}'

# further X00002
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00002)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Content-Type: application/json; charset=utf-8' \
  -H 'Accept: application/json; charset=utf-8' \
  -H 'Accept-Language: *' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00002@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00002\r\nMessage-ID: <rcsample00002@relaycheck.test>\r\n\r\nrcsample00002\r\nA line of text.\r\n","From":"from-rcsample00002@relaycheck.test","Recipients":["to1-rcsample00002@relaycheck.test","to2-rcsample00002@relaycheck.test"]}'

# further X00003
curl -isSg --http1.1 --path-as-is -X GET 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00003)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00003@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00003\r\nMessage-ID: <rcsample00003@relaycheck.test>\r\n\r\nrcsample00003\r\nA line of text.\r\n","From":"from-rcsample00003@relaycheck.test","Recipients":["to1-rcsample00003@relaycheck.test","to2-rcsample00003@relaycheck.test"]}'

# further X00004: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00004)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00004@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00004\r\nMessage-ID: <rcsample00004@relaycheck.test>\r\n\r\nrcsample00004\r\nA line of text.\r\n","From":"from-rcsample00004@relaycheck.test","Recipients":["to1-rcsample00004@relaycheck.test","to2-rcsample00004@relaycheck.test"]}'

# further X00005
curl -isSg --http1.1 --path-as-is -X PUT 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00005)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00005@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00005\r\nMessage-ID: <rcsample00005@relaycheck.test>\r\n\r\nrcsample00005\r\nA line of text.\r\n","From":"from-rcsample00005@relaycheck.test","Recipients":["to1-rcsample00005@relaycheck.test","to2-rcsample00005@relaycheck.test"]}'

# further X00006
curl -isSg --http1.1 --path-as-is -X PUT 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00006)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00006@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00006\r\nMessage-ID: <rcsample00006@relaycheck.test>\r\n\r\nrcsample00006\r\nA line of text.\r\n","From":"from-rcsample00006@relaycheck.test","Recipients":["to1-rcsample00006@relaycheck.test","to2-rcsample00006@relaycheck.test"]}'

# further X00007: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00007)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00007@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00007\r\nMessage-ID: <rcsample00007@relaycheck.test>\r\n\r\nrcsample00007\r\nA line of text.\r\n","From":"from-rcsample00007@relaycheck.test","Recipients":["to1-rcsample00007@relaycheck.test","to2-rcsample00007@relaycheck.test"]}'

# further X00008: PUT
curl -isSg --http1.1 --path-as-is -X PUT 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00008)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00008@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00008\r\nMessage-ID: <rcsample00008@relaycheck.test>\r\n\r\nrcsample00008\r\nA line of text.\r\n","From":"from-rcsample00008@relaycheck.test","Recipients":["to1-rcsample00008@relaycheck.test","to2-rcsample00008@relaycheck.test"]}'

# further X00009
curl -isSg --http1.1 --path-as-is -X post 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00009)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00009@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00009\r\nMessage-ID: <rcsample00009@relaycheck.test>\r\n\r\nrcsample00009\r\nA line of text.\r\n","From":"from-rcsample00009@relaycheck.test","Recipients":["to1-rcsample00009@relaycheck.test","to2-rcsample00009@relaycheck.test"]}'

# further X00010: HEAD, plain
printf 'HEAD /RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage HTTP/1.1\r\nHost: 127.0.0.1:35655\r\nUser-Agent: relaycheck/0.1.0 (run sample; rcsample0000a)\r\nAuthorization: Basic %s\r\nAccept: application/json\r\n\r\n' "$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" | nc -w 5 127.0.0.1 35655
