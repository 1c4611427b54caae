// A process that does nothing but say to its parent that it runs: how much of a cold boot is Node's own start.
process.send?.("up");
process.disconnect();
