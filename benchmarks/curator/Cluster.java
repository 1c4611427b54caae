import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;

/**
 * Curator's TestingCluster, told line by line what to do: "boot" is answered "ready PORT,PORT,PORT", "close" with "closed", "kill
 * PORT" with "killed", "restart PORT" with "restarted".
 */
public final class Cluster {
  /**
   * As patient as Apache's servers beside it (apache.ts): nobody pings, and with Curator's tick of a second sessions are cut to
   * 20 s, a quorum to 5.
   */
  private static final Map<String, Object> PATIENCE =
      Map.of("maxSessionTimeout", "60000", "initLimit", "25", "syncLimit", "10");

  private static TestingCluster cluster;

  public static void main(String[] args) {
    try {
      carryOutAll();
      System.exit(0); // threads of the servers live on
    } catch (Throwable error) {
      error.printStackTrace();
      System.exit(1);
    }
  }

  private static void carryOutAll() throws Exception {
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      String[] words = line.split(" ");
      System.out.println(carryOut(words[0], words.length > 1 ? Integer.parseInt(words[1]) : 0));
    }
  }

  private static String carryOut(String order, int port) throws Exception {
    switch (order) {
      case "boot":
        cluster = new TestingCluster(Stream.generate(Cluster::spec).limit(3).collect(Collectors.toList()));
        cluster.start();
        List<String> ports =
            cluster.getInstances().stream()
                .map(instance -> Integer.toString(instance.getPort()))
                .collect(Collectors.toList());
        return "ready " + String.join(",", ports);
      case "close":
        cluster.close();
        return "closed";
      case "kill":
        cluster.killServer(instance(port));
        return "killed";
      case "restart":
        cluster.restartServer(instance(port));
        return "restarted";
      default:
        throw new IllegalArgumentException(order);
    }
  }

  /** Of a server with Curator's defaults for everything else. */
  private static InstanceSpec spec() {
    return new InstanceSpec(null, -1, -1, -1, true, -1, -1, -1, PATIENCE);
  }

  private static InstanceSpec instance(int port) {
    return cluster.getInstances().stream()
        .filter(instance -> instance.getPort() == port)
        .findFirst()
        .orElseThrow();
  }
}
