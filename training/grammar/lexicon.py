"""Ordinary words that anything may be called by: rooms, devices, timers, shopping items and people.

The words of a command itself (on, off, open, lock, lamp, timer, minute, play ...) and of numbers are left out, here or
where `names` makes a name of them, so that one of these in a sentence is a name, to be copied as it stands.
"""

from __future__ import annotations


def _words(block: str) -> tuple[str, ...]:
    return tuple(block.split())


# Common concrete nouns.
EVERYDAY: tuple[str, ...] = _words("""
    cat dog horse cow pig sheep goat donkey mule pony foal calf lamb kitten puppy rabbit hare hamster gerbil
    mouse rat squirrel chipmunk beaver otter badger weasel ferret stoat mink skunk raccoon fox wolf coyote
    jackal hyena bear panda koala kangaroo wallaby wombat possum platypus echidna lion tiger leopard cheetah
    jaguar panther cougar lynx bobcat ocelot elephant rhino hippo giraffe zebra antelope gazelle buffalo bison
    moose elk reindeer deer stag llama alpaca camel monkey gorilla chimp baboon lemur sloth armadillo anteater
    hedgehog porcupine mole bat whale dolphin porpoise seal walrus manatee shark ray eel salmon trout tuna cod
    herring sardine mackerel carp pike perch goldfish guppy octopus squid lobster crab shrimp prawn oyster
    mussel clam snail slug worm leech spider scorpion tick beetle ladybird ant termite bee wasp hornet
    bumblebee butterfly moth caterpillar dragonfly grasshopper cricket locust mosquito fly firefly snake
    python cobra viper lizard gecko iguana chameleon crocodile alligator turtle tortoise frog toad newt
    salamander eagle hawk falcon owl vulture condor crow raven magpie jay robin sparrow finch canary budgie
    parrot macaw cockatoo toucan pigeon dove swan goose duck mallard heron stork crane flamingo pelican gull
    puffin penguin ostrich emu kiwi peacock pheasant quail partridge turkey chicken hen rooster chick
    woodpecker kingfisher hummingbird swallow swift starling thrush blackbird nightingale lark wren dragon
    unicorn phoenix griffin mammoth dinosaur raptor hound terrier poodle beagle spaniel collie labrador
    dachshund corgi husky mastiff greyhound jellyfish starfish seahorse tree bush shrub flower rose tulip
    daisy lily orchid daffodil crocus iris violet pansy poppy sunflower marigold peony dahlia begonia petunia
    geranium carnation hyacinth lavender jasmine lilac magnolia camellia azalea hydrangea hibiscus lotus
    bluebell snowdrop primrose buttercup dandelion clover thistle nettle fern moss ivy vine reed bamboo cactus
    succulent aloe palm oak ash elm maple birch beech willow poplar aspen pine fir spruce cedar cypress yew
    juniper redwood sequoia eucalyptus acacia chestnut walnut hazel hawthorn holly mistletoe heather gorse
    bracken lichen fungus mushroom toadstool seed bulb root stem leaf petal bud blossom thorn twig branch bark
    trunk log stump hedge lawn meadow turf hay straw wheat barley oats rye maize cotton flax hemp seaweed kelp
    monstera bonsai fuchsia wisteria bread toast roll bun bagel baguette croissant muffin scone pancake waffle
    crepe biscuit cookie cracker cake pie tart pastry doughnut brownie pudding custard jelly trifle sundae
    sorbet candy toffee fudge caramel chocolate marshmallow lollipop liquorice nougat marzipan icing honey
    syrup treacle jam marmalade butter margarine cheese yogurt cream milk egg omelette bacon ham sausage
    salami steak burger meatball roast stew casserole soup broth chowder curry chilli lasagne spaghetti
    macaroni noodle ravioli pizza pasta rice risotto paella sushi taco burrito nacho quesadilla falafel hummus
    kebab sandwich salad pickle relish ketchup mustard mayonnaise vinegar gravy sauce pesto salsa pepper salt
    sugar flour yeast spice cinnamon nutmeg ginger clove cumin turmeric paprika saffron vanilla mint basil
    parsley sage thyme rosemary oregano dill chive coriander apple pear peach plum apricot cherry grape lemon
    lime orange tangerine grapefruit banana mango papaya pineapple melon watermelon coconut fig date raisin
    prune strawberry raspberry blueberry blackberry cranberry gooseberry currant pomegranate lychee guava
    olive avocado tomato potato carrot onion garlic leek celery cabbage lettuce spinach kale broccoli
    cauliflower sprout pea bean lentil chickpea cucumber zucchini courgette pumpkin squash marrow aubergine
    beetroot radish turnip parsnip artichoke asparagus sweetcorn yam almond peanut cashew pecan pistachio
    popcorn crisp pretzel coffee tea cocoa juice lemonade cola milkshake smoothie cider beer wine brandy
    whisky sherry champagne breakfast brunch lunch dinner supper snack picnic banquet feast dessert appetizer
    dumpling pierogi gnocchi ramen tempura souffle quiche strudel cobbler crumble meringue macaroon eclair
    cupcake gingerbread pot pan skillet wok saucepan cauldron kettle teapot toaster oven stove cooker grill
    barbecue hob microwave fridge freezer blender mixer juicer grinder grater peeler whisk spatula ladle spoon
    fork knife chopstick tongs sieve colander strainer funnel jug pitcher carafe decanter bottle flask thermos
    cup mug glass goblet tumbler saucer plate bowl dish platter tray casket ramekin basin bucket pail bin tin
    jar canister carton crate corkscrew opener skewer apron napkin tablecloth placemat coaster doily cutlery
    crockery tureen steamer griddle larder pantry cupboard dishwasher sink tap faucet sponge scourer mop broom
    dustpan brush duster rag towel cloth bleach detergent soap hammer mallet nail screwdriver wrench spanner
    pliers pincer chisel plane saw hacksaw chainsaw drill bit vise clamp anvil axe hatchet pickaxe shovel
    spade rake trowel pitchfork scythe sickle shears secateurs wheelbarrow ladder stepladder scaffold pulley
    lever winch jack crowbar file rasp sandpaper sander lathe router welder solder torch bolt nut washer rivet
    hook hinge bracket staple tack tape glue putty grout plaster varnish paint primer roller stencil ruler
    protractor compass caliper gauge plumb toolbox workbench sawhorse hose sprinkler pump compressor generator
    battery charger socket plug cable wire fuse pipe gasket valve bearing gear cog spring piston chain rope
    string twine cord thread needle pin thimble bobbin spindle loom crank bellows tripod magnet pendulum chair
    armchair stool bench sofa couch settee recliner rocker futon bed bunk cot cradle hammock mattress pillow
    duvet blanket quilt sheet bolster headboard nightstand table desk bureau dresser wardrobe closet cabinet
    sideboard bookcase shelf rack chest ottoman footstool pouf mirror lantern chandelier candlestick candle
    rug carpet mat curtain drape blind shutter screen cushion vase picture frame painting poster tapestry
    clock hourglass sundial radiator fireplace mantel hearth chimney doorbell doormat doorknob doorstop
    highchair playpen beanbag chaise divan credenza hutch vanity pedestal plinth easel partition trellis
    pergola gazebo parasol sunbed deckchair birdbath birdhouse shirt blouse vest jumper sweater cardigan
    pullover hoodie sweatshirt jacket coat overcoat raincoat parka anorak cape cloak shawl poncho scarf glove
    mitten hat cap beanie beret bonnet helmet hood turban veil mask tie cravat bow belt buckle suspenders
    trousers jeans shorts leggings tights stocking sock garter skirt kilt dress gown tunic robe kimono sari
    pyjamas nightgown slipper sandal shoe boot trainer sneaker loafer moccasin clog heel wellington shoelace
    button zip zipper collar cuff sleeve pocket hem lining uniform costume tuxedo suit blazer waistcoat
    overalls dungarees swimsuit bikini wetsuit leotard tutu handbag purse wallet backpack rucksack satchel
    briefcase suitcase holdall umbrella cane handkerchief bandana sash lapel fedora sombrero wood timber plank
    board plywood veneer cork paper cardboard parchment leather suede fur wool silk satin velvet linen denim
    canvas tweed corduroy flannel felt lace nylon polyester fleece rubber latex plastic vinyl acrylic resin
    wax metal iron steel copper brass bronze zinc lead aluminium chrome nickel titanium gold silver platinum
    pewter stone rock pebble gravel sand clay mud soil brick tile slate marble granite limestone sandstone
    flint chalk concrete cement asphalt tar ceramic porcelain terracotta crystal quartz ivory horn bone shell
    feather foam fibre gypsum charcoal coal ink dye pigment enamel lacquer mercury carbon silicon graphite car
    van truck lorry pickup jeep bus coach minibus taxi limousine convertible saloon hatchback wagon caravan
    camper trailer tractor bulldozer digger excavator forklift ambulance motorbike motorcycle scooter moped
    bicycle tricycle unicycle tandem skateboard sled sledge sleigh toboggan cart carriage chariot rickshaw
    train locomotive tram trolley monorail subway boat ship yacht sailboat rowboat canoe kayak raft dinghy
    ferry barge tugboat trawler gondola submarine hovercraft liner frigate galleon airplane aeroplane jet
    glider helicopter balloon airship zeppelin rocket shuttle satellite drone parachute engine motor tyre
    wheel bumper dashboard windscreen headlamp exhaust gearbox clutch brake pedal saddle handlebar rudder
    anchor oar paddle sail mast propeller wing cockpit hull buggy pram stroller wheelchair hearse steamroller
    snowplough funicular piano organ harpsichord accordion harmonica guitar banjo ukulele mandolin lute lyre
    harp violin viola cello fiddle flute piccolo clarinet oboe bassoon saxophone trumpet trombone tuba bugle
    cornet bagpipes recorder whistle drum snare bongo cymbal gong tambourine triangle maracas xylophone
    marimba glockenspiel castanets bell chime synthesizer keyboard metronome baton sitar zither kazoo
    didgeridoo ocarina football rugby basketball baseball softball volleyball handball netball hockey lacrosse
    polo croquet golf tennis badminton bowling billiards snooker darts archery fencing boxing wrestling judo
    karate taekwondo sumo gymnastics trampoline skating skiing snowboard surfing sailing rowing swimming
    diving snorkel cycling running marathon sprint hurdle javelin discus relay pentathlon climbing hiking
    jogging yoga pilates aerobics dumbbell barbell treadmill racket ball puck shuttlecock goalpost net wicket
    trophy medal referee umpire goalkeeper striker stadium arena pitch court rink track chess checkers
    draughts backgammon domino dice poker bridge bingo jigsaw puzzle crossword riddle marbles hopscotch
    skittles kickboxing bobsleigh curling parkour triathlon decathlon teacher doctor nurse surgeon dentist vet
    pharmacist optician lawyer judge solicitor barrister clerk secretary accountant banker broker cashier
    manager director engineer architect builder carpenter plumber electrician mason bricklayer roofer glazier
    painter decorator mechanic blacksmith locksmith tailor seamstress weaver potter jeweller watchmaker
    printer bookbinder librarian author poet novelist editor journalist reporter photographer artist sculptor
    designer actor actress dancer singer musician pianist drummer conductor composer magician clown juggler
    acrobat chef cook baker butcher grocer fishmonger greengrocer florist gardener farmer shepherd cowboy
    fisherman hunter forester miner sailor captain pilot steward driver chauffeur courier postman milkman
    policeman detective firefighter soldier sergeant colonel general admiral astronaut scientist chemist
    physicist biologist astronomer geologist professor student pupil apprentice priest monk nun bishop vicar
    rabbi imam butler maid nanny janitor porter waiter waitress bartender barista barber hairdresser lifeguard
    king queen prince princess knight duke baron wizard witch pirate ninja viking pharaoh gladiator rain
    drizzle shower storm thunder hail sleet snow snowflake blizzard frost ice icicle fog mist haze cloud
    rainbow sunshine sunrise sunset dawn dusk twilight breeze wind gale hurricane tornado cyclone monsoon
    drought flood avalanche earthquake volcano lava geyser summer autumn winter sun moon star planet comet
    meteor asteroid galaxy nebula eclipse aurora horizon sky mountain hill peak summit ridge cliff crag canyon
    gorge valley glen ravine cave cavern plain prairie steppe savanna desert dune oasis forest jungle woodland
    grove orchard swamp marsh bog wetland lake pond pool puddle river stream brook creek waterfall rapids
    delta estuary bay cove lagoon gulf fjord sea ocean wave tide surf reef coral beach shore coast island
    peninsula isthmus glacier iceberg tundra field pasture boulder ember flame spark smoke dew nest burrow
    cobweb beehive anthill cocoon head face forehead eyebrow eyelash eye ear nose mouth lip tongue tooth chin
    cheek jaw neck throat shoulder arm elbow wrist hand finger thumb knuckle fingernail back spine waist hip
    leg thigh knee shin ankle foot toe skin hair beard moustache freckle dimple muscle skeleton skull rib
    heart lung liver kidney stomach brain nerve vein blood pen pencil crayon marker highlighter eraser
    sharpener notebook notepad diary journal planner calendar folder binder envelope stamp postcard letter
    parcel package label sticker stapler paperclip scissors calculator abacus globe map atlas dictionary
    encyclopedia textbook novel comic magazine newspaper pamphlet leaflet brochure catalogue book bookmark
    library classroom blackboard whiteboard projector lectern podium homework essay lesson exam quiz diploma
    certificate scholarship timetable lunchbox canteen playground algebra geometry history geography biology
    chemistry physics grammar spelling poetry photocopier scanner shredder invoice receipt ledger memo report
    contract meeting conference interview presentation budget salary archive clipboard lanyard badge computer
    laptop tablet phone smartphone telephone handset monitor modem server joystick gamepad console headphones
    earphones headset microphone speaker amplifier subwoofer turntable jukebox gramophone radio television
    remote antenna aerial camera webcam camcorder lens flash sensor thermostat robot gadget processor software
    website browser password email cursor icon pixel firewall database algorithm keypad touchpad stylus dongle
    adapter circuit transistor diode laser radar telescope microscope binoculars periscope typewriter cassette
    cartridge film reel toy doll teddy puppet marionette kite yoyo spinner frisbee boomerang slingshot
    catapult whirligig rattle swing slide seesaw sandpit carousel dollhouse playhouse treehouse plushie slinky
    pogo hula bubble blocks pinwheel house home cottage bungalow cabin hut shack shed barn stable garage
    greenhouse conservatory villa mansion palace castle fortress tower turret dungeon lighthouse windmill
    watermill mill factory warehouse workshop studio office skyscraper apartment flat penthouse loft attic
    basement cellar kitchen bathroom bedroom lounge parlour hallway corridor lobby foyer porch veranda balcony
    terrace patio courtyard garden roof ceiling wall floor stair staircase escalator elevator door window gate
    fence arch column pillar dome steeple spire church chapel cathedral abbey temple mosque synagogue pagoda
    shrine monastery convent school college university nursery hospital clinic surgery pharmacy hotel motel
    hostel inn tavern pub bar cafe restaurant bistro diner bakery butchery brewery winery distillery shop
    store market supermarket mall boutique kiosk bank museum gallery theatre cinema opera circus zoo aquarium
    gymnasium sauna spa jacuzzi prison jail courthouse station airport harbour dock pier jetty marina tunnel
    dam aqueduct fountain monument statue obelisk pyramid igloo teepee tent yurt wigwam bunker silo kennel
    aviary coop paddock observatory planetarium laundry scullery alcove nook snug den vestibule mezzanine
    annexe outhouse carport driveway ring necklace bracelet bangle anklet earring pendant locket brooch tiara
    crown coronet cufflink watch gem jewel diamond ruby emerald sapphire topaz amethyst opal garnet turquoise
    jade pearl amber onyx agate lapis moonstone country city town village hamlet suburb district county
    province region continent border capital street road lane avenue boulevard highway motorway roundabout
    crossroads junction pavement path trail footpath alley square plaza park port canal equator tropic pole
    hemisphere latitude longitude wilderness frontier outback archipelago atoll crimson scarlet vermilion
    burgundy maroon magenta mauve indigo azure cobalt cerulean teal aqua cyan aquamarine khaki beige taupe
    ochre sienna umber sepia russet mahogany ebony auburn blonde fawn buff cerise periwinkle chartreuse
    celadon christmas easter halloween diwali hanukkah ramadan carnival birthday wedding anniversary
    engagement christening graduation festival fair parade fireworks bonfire wreath tinsel bauble garland
    ribbon confetti present gift party masquerade concert thanksgiving jubilee ceremony honeymoon holiday
    vacation reunion knitting crochet sewing embroidery weaving pottery origami calligraphy sketching drawing
    photography gardening baking cooking fishing hunting camping birdwatching stargazing astronomy genealogy
    woodwork carving whittling scrapbook quilting collage mosaic macrame watercolour sculpture ballet tango
    waltz samba foxtrot polka choir orchestra symphony sonata melody lullaby ballad anthem barrel basket
    hamper keg sack pouch bag box coffin urn planter trough cage leash harness bridle stirrup horseshoe whip
    sword dagger spear lance shield armour arrow quiver cannon flag banner pennant coin token banknote cheque
    ticket passport key padlock keyring safe vault treasure relic fossil thermometer barometer stethoscope
    syringe bandage crutch pill ointment shampoo conditioner lotion perfume razor comb hairbrush hairdryer
    toothbrush toothpaste floss tweezers lipstick mascara bathtub toilet loofah incense sprig trinket souvenir
    ornament figurine gnome scarecrow weathervane snowman sandcastle dreamcatcher kaleidoscope spectacles
    goggles monocle megaphone siren buzzer beacon buoy crayfish fishbowl terrarium incubator humidifier
    purifier fan heater boiler furnace cistern gutter drainpipe skylight awning marquee turnstile ladybug
    sloop schooner tumbleweed pinecone acorn conker
""")

# Adjectives and participles that can stand before a noun.
DESCRIBING: tuple[str, ...] = _words("""
    red blue green yellow purple pink brown black white grey gray golden silvery scarlet crimson violet
    turquoise beige orange lilac navy tan ivory maroon pale dark bright vivid dull faded pastel glossy matte
    shiny glittering sparkling gleaming glowing transparent translucent opaque striped spotted dotted checked
    chequered plaid floral patterned plain speckled mottled marbled tinted coloured colourful big small large
    little tiny huge giant enormous gigantic miniature massive mighty tall short long narrow wide broad thick
    thin slim slender chunky stout plump skinny deep shallow flat steep round square oval rectangular
    triangular circular curved straight crooked bent twisted coiled pointed blunt sharp hollow solid smooth
    rough bumpy fuzzy furry fluffy hairy silky velvety woolly leathery rubbery sticky slippery slimy greasy
    oily dusty muddy sandy rocky grassy leafy mossy wooden metallic plastic ceramic stone glazed lacquered
    painted varnished polished carved engraved embroidered knitted woven quilted padded upholstered cushioned
    laminated framed gilded plated rusty rustic tarnished weathered worn tattered ragged torn ripped patched
    cracked chipped broken shattered dented scratched damaged mended repaired restored refurbished recycled
    salvaged old new ancient antique vintage classic modern contemporary retro futuristic traditional medieval
    gothic victorian tropical nordic alpine coastal rural urban royal imperial regal noble fancy elegant
    ornate lavish luxurious grand splendid majestic magnificent gorgeous beautiful pretty lovely handsome
    charming quaint cosy cozy snug comfy comfortable spacious roomy cramped cluttered tidy messy neat spotless
    dirty grubby filthy stained fresh stale ripe rotten raw cooked baked roasted grilled fried boiled steamed
    smoked salted pickled dried frozen chilled melted crispy crunchy crumbly chewy creamy fizzy juicy tender
    spicy savoury sweet sour bitter salty tangy zesty minty peppery buttery sugary fragrant scented smelly
    musty loud quiet noisy silent muffled squeaky creaky rattling humming buzzing ticking whistling fast quick
    slow speedy rapid sluggish hot warm cool cold chilly icy frosty snowy rainy cloudy sunny windy stormy
    foggy misty damp moist wet soggy dry arid heavy lightweight weightless sturdy robust fragile delicate
    flimsy brittle rigid stiff flexible elastic bendy soft firm hard portable foldable folding collapsible
    adjustable detachable removable inflatable reversible stackable rotating revolving floating hanging
    dangling leaning tilted swivelling sliding wobbly shaky stable steady loose tight electric electronic
    digital analogue mechanical automatic manual magnetic wireless cordless solar hydraulic pneumatic
    motorised robotic smart clever wise silly funny cheerful happy jolly merry sad gloomy grumpy cranky angry
    fierce gentle calm peaceful sleepy lazy drowsy tired restless playful curious timid shy brave bold proud
    humble loyal friendly kind generous greedy hungry thirsty lucky magical enchanted mysterious secret hidden
    haunted spooky creepy scary wild tame domestic stray lonely lost forgotten favourite famous popular rare
    precious priceless valuable expensive costly cheap affordable spare extra empty crowded abandoned deserted
    sunken buried overgrown flowering blooming potted evergreen organic herbal homemade handmade bespoke
    custom tailored imported local foreign northern southern eastern western central outer inner upper lower
    front rear outdoor indoor underground nautical celestial lunar cosmic stellar peculiar odd weird quirky
    ordinary common simple basic complex intricate
""")

# First names and pet names.
GIVEN: tuple[str, ...] = _words("""
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony
    mark donald steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan
    jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander
    patrick frank raymond jack dennis jerry tyler aaron henry adam douglas nathan peter zachary kyle noah
    ethan jeremy walter keith roger arthur oliver leo oscar theo felix hugo jasper silas ezra caleb simon
    martin graham nigel trevor clive colin alistair duncan angus hamish rory callum finlay ewan gareth rhys
    dylan owen evan declan cormac seamus padraig liam connor mary patricia jennifer linda elizabeth barbara
    susan jessica sarah karen lisa nancy betty sandra margaret ashley kimberly emily donna michelle carol
    amanda melissa deborah stephanie rebecca sharon laura cynthia dorothy amy kathleen angela shirley emma
    brenda pamela nicole anna samantha katherine christine helen debra rachel carolyn janet maria catherine
    heather diane olivia julie joyce victoria ruth virginia lauren kelly christina joan evelyn judith andrea
    hannah megan cheryl jacqueline martha madison teresa gloria sara janice ann kathryn abigail sophia frances
    charlotte isabella mia amelia harper chloe zoe phoebe imogen freya matilda beatrice harriet eleanor
    florence niamh saoirse aoife siobhan sinead fiona morag isla bronwyn carys cerys pierre jacques antoine
    etienne mathieu camille amelie margaux celine elodie claude thierry giovanni giuseppe luca matteo lorenzo
    alessandro chiara giulia francesca paolo marco carlos juan miguel javier diego pablo luis jorge alejandro
    sofia lucia carmen pilar ines ximena rodrigo joao tiago thiago rafael beatriz mariana paulo hans klaus
    jurgen wolfgang dieter greta heidi ingrid lars sven bjorn astrid sigrid magnus anders nils leif mikko aino
    eero juha piotr wojciech agnieszka kasia zbigniew tomasz ivan dmitri boris natasha olga svetlana yuri
    anastasia vladimir tatiana milos dragan zoran jelena goran ana nikos yannis eleni dimitra stavros ahmed
    mohammed omar ali hassan fatima aisha layla khalid yusuf zainab tariq samir leila reza darius shirin
    mehmet emre elif ayse deniz noa eitan shira avi tamar priya raj arjun ravi anil sunita deepak lakshmi
    anjali vikram sanjay kavita rohan meera wei ming xiao ling jun mei hiroshi kenji yuki sakura haruto akira
    naoko takeshi minho jisoo seojun hana nguyen linh thuy somchai malee putri budi dewi kwame kofi ama abena
    chidi ngozi adaeze emeka amara thabo sipho zanele wanjiru juma baraka makena leilani kai moana aroha tane
    rangi rex fido buddy bella charlie luna max rocky daisy coco milo whiskers smokey mittens tigger simba
    nala biscuit patch rover spot snowball ginger shadow ziggy duke bailey cooper toby bandit oreo pepper
    pickles waffles nacho pumpkin socks tinkerbell thumper bubbles nibbles fluffy garfield rufus lassie benji
    scout
""")

# Cities and countries.
TOWNS: tuple[str, ...] = _words("""
    london paris berlin madrid rome vienna prague budapest warsaw lisbon dublin edinburgh glasgow cardiff
    belfast manchester liverpool birmingham leeds sheffield bristol oxford cambridge york bath brighton
    norwich exeter plymouth nottingham leicester durham inverness aberdeen dundee galway cork limerick
    amsterdam rotterdam utrecht brussels antwerp ghent bruges luxembourg hamburg munich cologne frankfurt
    dresden leipzig zurich geneva basel salzburg milan venice florence naples turin bologna palermo barcelona
    seville valencia granada porto lyon marseille bordeaux toulouse nice athens istanbul ankara sofia
    bucharest belgrade zagreb ljubljana sarajevo copenhagen oslo bergen stockholm gothenburg helsinki tallinn
    riga vilnius reykjavik moscow kyiv minsk cairo casablanca tunis lagos accra nairobi kampala johannesburg
    durban dakar jerusalem amman beirut baghdad tehran dubai doha riyadh karachi lahore delhi mumbai kolkata
    chennai bangalore kathmandu colombo dhaka bangkok hanoi saigon singapore jakarta manila beijing shanghai
    shenzhen tokyo osaka kyoto nagoya sapporo seoul busan taipei sydney melbourne brisbane perth adelaide
    auckland wellington toronto montreal vancouver ottawa calgary boston chicago seattle denver dallas houston
    miami atlanta detroit philadelphia phoenix portland orlando havana lima bogota quito santiago montevideo
    france germany spain italy portugal ireland england scotland wales norway sweden finland denmark iceland
    poland hungary greece turkey egypt morocco kenya nigeria ghana india china japan korea vietnam thailand
    indonesia australia canada mexico brazil argentina chile peru colombia cuba jamaica
""")

# Foods and household goods one buys.
GROCERIES: tuple[str, ...] = _words("""
    bread milk butter eggs cheese yogurt yoghurt cream margarine buttermilk flour sugar salt pepper rice pasta
    spaghetti noodles macaroni penne couscous quinoa bulgur oats oatmeal porridge cereal muesli granola
    cornflakes bagels baguette rolls buns tortillas pitta naan crumpets muffins croissants biscuits cookies
    crackers breadsticks cake brownies doughnuts pancakes waffles pastry chocolate sweets candy toffees mints
    gum crisps popcorn pretzels nachos peanuts almonds cashews walnuts pistachios hazelnuts pecans raisins
    sultanas prunes dates figs apricots apples pears bananas oranges lemons limes grapefruit tangerines
    satsumas clementines grapes cherries plums peaches nectarines mangoes papaya pineapple melon watermelon
    kiwis strawberries raspberries blueberries blackberries cranberries pomegranate avocados tomatoes potatoes
    carrots onions shallots garlic ginger leeks celery cabbage lettuce rocket spinach kale chard broccoli
    cauliflower sprouts peas beans lentils chickpeas cucumber courgettes zucchini pumpkin squash aubergine
    eggplant beetroot radishes turnips parsnips swede artichokes asparagus sweetcorn mushrooms peppers
    chillies jalapenos olives capers gherkins pickles sauerkraut kimchi coleslaw hummus guacamole salsa
    ketchup mustard mayonnaise mayo vinegar oil gravy stock bouillon soup pesto passata tahini miso wasabi
    sriracha honey jam marmalade marmite nutella syrup treacle molasses yeast cornflour semolina polenta
    breadcrumbs custard jelly gelatine vanilla cinnamon nutmeg cumin turmeric paprika saffron cardamom cloves
    coriander parsley basil thyme rosemary oregano sage dill mint chives tarragon beef pork lamb veal venison
    chicken turkey duck mince sausages bacon ham salami chorizo pepperoni prosciutto steak burgers meatballs
    salmon tuna cod haddock trout mackerel sardines anchovies herring prawns shrimp crab lobster mussels tofu
    tempeh seitan cheddar mozzarella parmesan feta brie camembert gouda halloumi ricotta mascarpone coffee
    espresso decaf tea cocoa juice lemonade cola tonic soda cordial water beer lager ale cider wine prosecco
    champagne gin vodka rum whisky pizza lasagne dumplings sushi falafel samosas sorbet lollies soap shampoo
    conditioner toothpaste toothbrush mouthwash floss deodorant razors tissues napkins toiletries cotton
    plasters bandages aspirin ibuprofen paracetamol vitamins sunscreen detergent bleach softener sponges
    scourers dishcloths batteries candles matches foil clingfilm firewood charcoal nappies diapers wipes
    birdseed kibble stamps envelopes sellotape glue lightbulbs bin fertiliser compost
""")
