#!/bin/sh
# RM-FORM-01 any mixture of encodings is equivalent: fail
# This only sends the requests. To send them with a mail server behind them and judge again:
#   relaycheck replay RM-FORM-01 reports/sample/mutant --target mutant.toml

# control X00194: control
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample0005k)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Expect:' \
  --data-binary '{"ConnectionInfoExtended":{"Port":44925,"ServerName":"127.0.0.1","Protocol":"SMTP","UseSSL":false},"Rfc822":"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from-rcsample0005k@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\nSubject: relaycheck rcsample0005k\r\nMessage-ID: <rcsample0005k@relaycheck.test>\r\n\r\nrcsample0005k\r\nA line of text.\r\n","From":"from-rcsample0005k@relaycheck.test","Recipients":["to1-rcsample0005k@relaycheck.test","to2-rcsample0005k@relaycheck.test"]}'

# probe X00214
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00064)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -H 'Expect:' \
  --data-binary 'ConnectionInfoExtended.Port=44925&ConnectionInfoExtended.ServerName=127.0.0.1&ConnectionInfoExtended.Protocol=SMTP&ConnectionInfoExtended.UseSSL=false&Rfc822=Date%3a+Mon%2c+23+Nov+2026+12%3a00%3a00+%2b0000%0d%0aFrom%3a+Relaycheck+%3cfrom-rcsample00064%40relaycheck.test%3e%0d%0aTo%3a+undisclosed-recipients%3a%3b%0d%0aSubject%3a+relaycheck+rcsample00064%0d%0aMessage-ID%3a+%3crcsample00064%40relaycheck.test%3e%0d%0a%0d%0arcsample00064%0d%0a1+%2b+1+%3d+2+%26+100%25+of+a%2bb%3b+%2541+is+not+A%2c+%250D%250A+no+line+end%3b+%5b0%5d+.x+%5b%5d+%3fq%23f+%2f%7e*-_%0d%0a&From=from-rcsample00064%40relaycheck.test&Recipients%5b0%5d=to1-rcsample00064%40relaycheck.test&Recipients%5b1%5d=to2-rcsample00064%40relaycheck.test'
