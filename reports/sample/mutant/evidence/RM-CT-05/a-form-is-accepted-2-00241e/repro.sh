#!/bin/sh
# RM-CT-05 a form is accepted [2]: fail
# This only sends the requests. To send them with a mail server behind them and judge again:
#   relaycheck replay RM-CT-05 reports/sample/mutant --target mutant.toml

# control X00001: first control: basic, application/json
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00001)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample00001@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample00001\r\nMessage-ID: <rcsample00001@relaycheck.test>\r\n\r\nrcsample00001\r\nA line of text.\r\n","From":"from-rcsample00001@relaycheck.test","Recipients":["to1-rcsample00001@relaycheck.test","to2-rcsample00001@relaycheck.test"]}'

# probe X00142
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00044)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -H 'Expect:' \
  --data-binary 'ConnectionInfoExtended.Port=44925&ConnectionInfoExtended.ServerName=127.0.0.1&ConnectionInfoExtended.Protocol=SMTP&ConnectionInfoExtended.UseSSL=false&Rfc822=Date%3A+Mon%2C+23+Nov+2026+12%3A00%3A00+%2B0000%0D%0AFrom%3A+Relaycheck+%3Cfrom-rcsample00044%40relaycheck.test%3E%0D%0ATo%3A+undisclosed-recipients%3A%3B%0D%0ASubject%3A+relaycheck+rcsample00044%0D%0AMessage-ID%3A+%3Crcsample00044%40relaycheck.test%3E%0D%0A%0D%0Arcsample00044%0D%0AA+line+of+text.%0D%0A&From=from-rcsample00044%40relaycheck.test&Recipients%5B0%5D=to1-rcsample00044%40relaycheck.test&Recipients%5B1%5D=to2-rcsample00044%40relaycheck.test'
