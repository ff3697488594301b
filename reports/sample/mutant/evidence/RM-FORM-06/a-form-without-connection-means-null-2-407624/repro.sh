#!/bin/sh
# RM-FORM-06 a form without connection means null [2]: fail
# This only sends the requests. To send them with a mail server behind them and judge again:
#   relaycheck replay RM-FORM-06 reports/sample/mutant --target mutant.toml

# control X00228
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0006i)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":null,"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample0006i@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample0006i\r\nMessage-ID: <rcsample0006i@relaycheck.test>\r\n\r\nrcsample0006i\r\nA line of text.\r\n","From":"from-rcsample0006i@relaycheck.test","Recipients":["to1-rcsample0006i@relaycheck.test","to2-rcsample0006i@relaycheck.test"]}'

# probe X00229
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0006j)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -H 'Expect:' \
  --data-binary 'Rfc822=Date%3A+Mon%2C+23+Nov+2026+12%3A00%3A00+%2B0000%0D%0AFrom%3A+Relaycheck+%3Cfrom-rcsample0006j%40relaycheck.test%3E%0D%0ATo%3A+undisclosed-recipients%3A%3B%0D%0ASubject%3A+relaycheck+rcsample0006j%0D%0AMessage-ID%3A+%3Crcsample0006j%40relaycheck.test%3E%0D%0A%0D%0Arcsample0006j%0D%0AA+line+of+text.%0D%0A&From=from-rcsample0006j%40relaycheck.test&Recipients%5B0%5D=to1-rcsample0006j%40relaycheck.test&Recipients%5B1%5D=to2-rcsample0006j%40relaycheck.test'
