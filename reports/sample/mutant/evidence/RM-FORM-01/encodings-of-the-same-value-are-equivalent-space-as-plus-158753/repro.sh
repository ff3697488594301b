#!/bin/sh
# RM-FORM-01 encodings of the same value are equivalent [space as plus]: fail
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

# probe X00211
curl -isSg --http1.1 --path-as-is -X POST 'http://127.0.0.1:35655/RM-CT-05-first-recipient/api/v1/Agents/EMail/RelayMessage' \
  -H 'User-Agent: relaycheck/0.1.0 (run sample; rcsample00061)' \
  -H 'Authorization: Basic '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\n")" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -H 'Expect:' \
  --data-binary 'ConnectionInfoExtended.Port=44925&ConnectionInfoExtended.ServerName=127.0.0.1&ConnectionInfoExtended.Protocol=SMTP&ConnectionInfoExtended.UseSSL=false&Rfc822=Date%3A+Mon%2C+23+Nov+2026+12%3A00%3A00+%2B0000%0D%0AFrom%3A+Relaycheck+%3Cfrom-rcsample00061%40relaycheck.test%3E%0D%0ATo%3A+undisclosed-recipients%3A%3B%0D%0ASubject%3A+relaycheck+rcsample00061%0D%0AMessage-ID%3A+%3Crcsample00061%40relaycheck.test%3E%0D%0A%0D%0Arcsample00061%0D%0A1+%2B+1+%3D+2+%26+100%25+of+a%2Bb%3B+%2541+is+not+A%2C+%250D%250A+no+line+end%3B+%5B0%5D+.x+%5B%5D+%3Fq%23f+%2F%7E*-_%0D%0A&From=from-rcsample00061%40relaycheck.test&Recipients%5B0%5D=to1-rcsample00061%40relaycheck.test&Recipients%5B1%5D=to2-rcsample00061%40relaycheck.test'
