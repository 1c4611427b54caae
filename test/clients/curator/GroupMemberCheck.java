import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;

/** Members see one another: through kills, when one comes back with a new session, and when one leaves. */
final class GroupMemberCheck implements Checks.Check {
  private final List<GroupMember> members = new ArrayList<>();

  @Override
  public void run(World world) throws Exception {
    CuratorFramework client = null;
    for (String id : List.of("a", "b", "c")) {
      client = world.connect();
      members.add(world.opened(new GroupMember(client, "/group", id, ("data of " + id).getBytes())));
    }
    members.forEach(GroupMember::start);
    allSee(Set.of("a", "b", "c"));

    world.killLeaders();
    allSee(Set.of("a", "b", "c"));

    CuratorFramework last = client;
    long session = ownerOf(last);
    world.expire(last);
    World.until("the expired member returns", () -> ownerOf(last) != 0 && ownerOf(last) != session);
    allSee(Set.of("a", "b", "c"));
    World.equal(new String(members.get(0).getCurrentMembers().get("c")), "data of c", "its data");

    members.remove(2).close();
    allSee(Set.of("a", "b"));
  }

  private void allSee(Set<String> ids) throws Exception {
    for (GroupMember member : members) {
      World.until("a member sees " + ids, () -> ids.equals(member.getCurrentMembers().keySet()));
    }
  }

  private static long ownerOf(CuratorFramework client) throws Exception {
    var stat = client.checkExists().forPath("/group/c");
    return stat == null ? 0 : stat.getEphemeralOwner();
  }
}
