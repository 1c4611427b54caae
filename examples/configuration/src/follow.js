/**
 * Calls `apply` with a node's text and its version, at once and after changes, for as long as the process lives: `connect` opens a
 * session, and another when that one has expired. Not every version is seen, but the last one always is. The node must be there.
 */
export async function follow(connect, path, apply) {
  const client = await connect();
  let isOver = false;
  client.once("expired", () => {
    isOver = true; // its watches went with it
    follow(connect, path, apply);
  });
  const look = () => {
    // One request reads and watches: what changes behind this look is told, and looked at in turn.
    client.getData(path, look, (error, data, stat) => {
      if (isOver) return;
      if (error) client.once("connected", look);
      else apply(data.toString(), stat.version);
    });
  };
  look();
}

/** What comes to mind first: at each change reads, and then watches for the next one. */
export async function followNaively(connect, path, apply) {
  const client = await connect();
  const onChange = () => {
    client.getData(path, (error, data, stat) => {
      if (error) return;
      apply(data.toString(), stat.version);
      client.exists(path, onChange, () => {});
    });
  };
  onChange();
}
