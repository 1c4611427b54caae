const { CreateMode } = require("node-zookeeper-client");
const { ask } = require("./zookeeper.js");

/** Takes part in an election: whoever has the lowest number leads. Resolves with the candidate's node. */
async function stand(client, election) {
  await ask((done) => client.mkdirp(election, done));
  return ask((done) =>
    client.create(`${election}/candidate-`, CreateMode.EPHEMERAL_SEQUENTIAL, done),
  );
}

/** Resolves when the candidate leads: when the one before it, whose node it watches, is gone. */
async function leads(client, candidate) {
  const election = candidate.slice(0, candidate.lastIndexOf("/"));
  for (;;) {
    const names = (await ask((done) => client.getChildren(election, done))).sort();
    const before = names[names.indexOf(candidate.slice(election.length + 1)) - 1];
    if (before === undefined) return;
    await new Promise((resolve, reject) => {
      client.exists(`${election}/${before}`, resolve, (error, stat) => {
        if (error) reject(error);
        else if (!stat) resolve();
      });
    });
  }
}

module.exports = { leads, stand };
