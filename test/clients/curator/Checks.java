import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Curator's recipes against an ensemble, whose leader is killed again and again: see ../program.ts for what is printed and read.
 *
 * <p>usage: Checks CONNECT_STRING
 */
public final class Checks {
  interface Check {
    void run(World world) throws Exception;
  }

  public static void main(String[] args) {
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("leader-latch", new LeaderLatchCheck());
    checks.put("mutex", new MutexCheck());
    checks.put("cache", new CacheCheck());
    checks.put("persistent-node", new PersistentNodeCheck());
    checks.put("barrier", new BarrierCheck());
    checks.put("shared-count", new SharedCountCheck());
    checks.put("group-member", new GroupMemberCheck());
    checks.forEach((name, check) -> run(name, check, args[0]));
    System.exit(0); // no thread that a failed check left behind holds the program
  }

  private static void run(String name, Check check, String connectString) {
    try (World world = new World(connectString)) {
      check.run(world);
      System.out.println("ok " + name);
    } catch (Exception | AssertionError error) {
      error.printStackTrace();
      System.out.println("failed " + name + ": " + String.valueOf(error).replace('\n', ' '));
    }
  }
}
