import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;

/** An ephemeral node that its owner keeps: it stays through kills, and returns when it is deleted or its session expires. */
final class PersistentNodeCheck implements Checks.Check {
  private static final String PATH = "/kept";

  @Override
  public void run(World world) throws Exception {
    CuratorFramework owner = world.connect();
    CuratorFramework other = world.connect();
    PersistentNode node =
        world.opened(new PersistentNode(owner, CreateMode.EPHEMERAL, false, PATH, "here".getBytes()));
    node.start();
    World.until("the node is there", () -> ownerOf(other) != 0);
    long session = ownerOf(other);

    world.killLeaders();
    World.equal(ownerOf(other), session, "the node's session after the kills");

    long first = czxid(other);
    other.delete().forPath(PATH);
    World.until("the node returns when it is deleted", () -> czxid(other) > first);
    World.equal(ownerOf(other), session, "the node's session when it was deleted");

    world.expire(owner);
    World.until("the node returns with a new session", () -> ownerOf(other) != 0 && ownerOf(other) != session);
    World.equal(World.read(other, PATH), "here", "its data");
  }

  /** 0: there is no such node. */
  private static long ownerOf(CuratorFramework client) throws Exception {
    client.sync().forPath(PATH);
    Stat stat = client.checkExists().forPath(PATH);
    return stat == null ? 0 : stat.getEphemeralOwner();
  }

  private static long czxid(CuratorFramework client) throws Exception {
    Stat stat = client.checkExists().forPath(PATH);
    return stat == null ? 0 : stat.getCzxid();
  }
}
