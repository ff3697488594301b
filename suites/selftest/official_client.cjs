// Relays one message with the vendor's own client. The argument is JSON: url, ticket, appToken, connection, rfc822, from, recipients.
const { WebApi } = require(`${process.env.NODE_MODULES}/@superoffice/webapi`);

const given = JSON.parse(process.argv[2]);
const api = new WebApi(given.url, { headers: { "SO-AppToken": given.appToken } }, "en");
api.authenticateWithTicket(given.ticket);
api
  .getEMailAgent()
  .relayMessageAsync(given.connection, given.rfc822, given.from, given.recipients)
  .then((result) => console.log(JSON.stringify({ resolved: result ?? null })))
  .catch((error) => console.log(JSON.stringify({ rejected: String(error) })));
