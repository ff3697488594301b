#!/bin/sh
# RM-204-06 a 204 is said after the mail was taken: fail
# This only sends the requests. To send them with a mail server behind them and judge again:
#   relaycheck replay RM-204-06 reports/sample/reference --target reference.toml

# control X00001: first control: basic, application/json
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00001)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00001@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00001\r\nMessage-ID: <rcsample00001@relaycheck.test>\r\n\r\nrcsample00001\r\nA line of text.\r\n","From":"from-rcsample00001@relaycheck.test","Recipients":["to1-rcsample00001@relaycheck.test","to2-rcsample00001@relaycheck.test"]}'

# probe X00316
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0008y)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample0008y@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample0008y\r\nMessage-ID: <rcsample0008y@relaycheck.test>\r\n\r\nrcsample0008y\r\nA line of text.\r\n","From":"from-rcsample0008y@relaycheck.test","Recipients":["to1-rcsample0008y@relaycheck.test","to2-rcsample0008y@relaycheck.test"]}'

# further X00002
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00002)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Content-Type: application/json; charset=utf-8' \
  -H 'Accept: application/json; charset=utf-8' \
  -H 'Accept-Language: *' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00002@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00002\r\nMessage-ID: <rcsample00002@relaycheck.test>\r\n\r\nrcsample00002\r\nA line of text.\r\n","From":"from-rcsample00002@relaycheck.test","Recipients":["to1-rcsample00002@relaycheck.test","to2-rcsample00002@relaycheck.test"]}'

# further X00003
curl -isSg --http1.1 --path-as-is -X GET 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00003)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00003@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00003\r\nMessage-ID: <rcsample00003@relaycheck.test>\r\n\r\nrcsample00003\r\nA line of text.\r\n","From":"from-rcsample00003@relaycheck.test","Recipients":["to1-rcsample00003@relaycheck.test","to2-rcsample00003@relaycheck.test"]}'

# further X00004: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00004)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00004@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00004\r\nMessage-ID: <rcsample00004@relaycheck.test>\r\n\r\nrcsample00004\r\nA line of text.\r\n","From":"from-rcsample00004@relaycheck.test","Recipients":["to1-rcsample00004@relaycheck.test","to2-rcsample00004@relaycheck.test"]}'

# further X00005
curl -isSg --http1.1 --path-as-is -X PUT 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00005)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00005@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00005\r\nMessage-ID: <rcsample00005@relaycheck.test>\r\n\r\nrcsample00005\r\nA line of text.\r\n","From":"from-rcsample00005@relaycheck.test","Recipients":["to1-rcsample00005@relaycheck.test","to2-rcsample00005@relaycheck.test"]}'

# further X00006
curl -isSg --http1.1 --path-as-is -X PUT 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00006)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00006@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00006\r\nMessage-ID: <rcsample00006@relaycheck.test>\r\n\r\nrcsample00006\r\nA line of text.\r\n","From":"from-rcsample00006@relaycheck.test","Recipients":["to1-rcsample00006@relaycheck.test","to2-rcsample00006@relaycheck.test"]}'

# further X00007: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00007)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00007@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00007\r\nMessage-ID: <rcsample00007@relaycheck.test>\r\n\r\nrcsample00007\r\nA line of text.\r\n","From":"from-rcsample00007@relaycheck.test","Recipients":["to1-rcsample00007@relaycheck.test","to2-rcsample00007@relaycheck.test"]}'

# further X00008: PUT
curl -isSg --http1.1 --path-as-is -X PUT 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00008)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00008@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00008\r\nMessage-ID: <rcsample00008@relaycheck.test>\r\n\r\nrcsample00008\r\nA line of text.\r\n","From":"from-rcsample00008@relaycheck.test","Recipients":["to1-rcsample00008@relaycheck.test","to2-rcsample00008@relaycheck.test"]}'

# further X00009
curl -isSg --http1.1 --path-as-is -X post 'http://127.0.0.1:40031/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00009)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00009@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00009\r\nMessage-ID: <rcsample00009@relaycheck.test>\r\n\r\nrcsample00009\r\nA line of text.\r\n","From":"from-rcsample00009@relaycheck.test","Recipients":["to1-rcsample00009@relaycheck.test","to2-rcsample00009@relaycheck.test"]}'

# further X00010: HEAD, plain
printf 'HEAD /api/v1/Agents/EMail/RelayMessage HTTP/1.1\r\nHost: 127.0.0.1:40031\r\nUser-Agent: relaycheck/0.1.0 (run sample; rcsample0000a)\r\nAuthorization: Basic %s\r\nAccept: application/json\r\n\r\n' "$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" | nc -w 5 127.0.0.1 40031

# further X00011: an encoded letter
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:40031/api/v1/Agents/EMail/%52elayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0000b)' \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":32803,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample0000b@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample0000b\r\nMessage-ID: <rcsample0000b@relaycheck.test>\r\n\r\nrcsample0000b\r\nA line of text.\r\n","From":"from-rcsample0000b@relaycheck.test","Recipients":["to1-rcsample0000b@relaycheck.test","to2-rcsample0000b@relaycheck.test"]}'
